import { MillraceError } from './error.ts';

/** Size of a batch circuit (docs/protocol.md, section 3). */
export interface Shape {
  readonly name: string;
  /** Places for signed ops. */
  readonly n2: number;
  /** Places for ops from L1. */
  readonly n1: number;
  /** Account slots: distinct accounts that a batch can touch. */
  readonly m: number;
  /** Bits of an account index. A rollup's shapes all have one depth. */
  readonly depth: number;
  /** True for the circuit of batches whose data go to a blob (docs/protocol.md, section 3.5). */
  readonly blob?: true;
  /** R1CS constraints with circom 2.2.3 `--O2` (docs/circuits.md). */
  readonly constraints?: number;
}

/** Where the data of a batch go on L1: all of them to calldata, or what L1 need not read to a blob. */
export type DataPlace = 'calldata' | 'blob';

/** Where the data of this shape's batches go. */
export function dataPlaceOf({ blob }: Pick<Shape, 'blob'>): DataPlace {
  return blob === true ? 'blob' : 'calldata';
}

/**
 * The shapes that ship. A shape has no number of its own: the `shapeId` in the challenge is the place
 * of its verifier in one rollup's list.
 */
export const SHAPES = {
  /** Tests: domain 2^15. */
  tiny: { name: 'tiny', n2: 5, n1: 3, m: 6, depth: 8, constraints: 32_378 },
  /** Trying out where there is no compiler: domain 2^16. */
  small: { name: 'small', n2: 6, n1: 9, m: 14, depth: 11, constraints: 65_332 },
  /** The demo: domain 2^18. */
  demo: { name: 'demo', n2: 20, n1: 29, m: 30, depth: 24, constraints: 262_005 },
  /** Real use: domain 2^20. */
  large: { name: 'large', n2: 90, n1: 36, m: 124, depth: 24, constraints: 1_046_566 },
} as const satisfies Record<string, Shape>;

/** The shapes that ship for batches in blobs. */
export const BLOB_SHAPES = {
  /** Tests: domain 2^15. */
  tiny: { name: 'tiny-blob', n2: 2, n1: 2, m: 4, depth: 8, blob: true, constraints: 20_134 },
  /** The demo: domain 2^18. */
  demo: { name: 'demo-blob', n2: 20, n1: 17, m: 30, depth: 24, blob: true, constraints: 260_745 },
  /** Real use: domain 2^20. */
  large: { name: 'large-blob', n2: 90, n1: 22, m: 121, depth: 24, blob: true, constraints: 1_048_220 },
} as const satisfies Record<string, Shape>;

/** Fee accounts, hence distinct fee tokens, of a batch. */
export const FEE_ACCOUNTS = 4;

/** Op types packed in one element. */
export const TYPES_PER_ELEMENT = 124;

/** Bits between two ops packed in one element. */
export const OP_STRIDE = 124;

/** Where things stand in the public-data vector of a shape (docs/protocol.md, section 3.1). */
export interface VectorLayout {
  /** Position of the first L1 op; each takes four elements. */
  readonly l1: number;
  /** Position of the packed op types, and their number of elements. */
  readonly types: number;
  readonly typeElements: number;
  /** Position of the packed op data, and their number of elements. */
  readonly ops: number;
  readonly opElements: number;
  /** Position of the auxiliary values, one an op. */
  readonly aux: number;
  /** Elements in all. */
  readonly length: number;
  /** `w`: bits of an index field in the op data. */
  readonly indexBits: number;
  /** `p`: ops packed in one element. */
  readonly opsPerElement: number;
}

/** @param shape only its `n1`, `n2` and `depth` matter */
export function layout(shape: Pick<Shape, 'n1' | 'n2' | 'depth'>): VectorLayout {
  const [indexBits, opsPerElement] = shape.depth <= 24 ? ([24, 2] as const) : ([32, 1] as const);
  const l1 = 5;
  const types = l1 + 4 * shape.n1;
  const typeElements = Math.ceil(shape.n2 / TYPES_PER_ELEMENT);
  const ops = types + typeElements;
  const opElements = Math.ceil(shape.n2 / opsPerElement);
  const aux = ops + opElements;
  return {
    l1,
    types,
    typeElements,
    ops,
    opElements,
    aux,
    length: aux + shape.n2,
    indexBits,
    opsPerElement,
  };
}

/** Names of all shapes that ship. */
export const SHAPE_NAMES: readonly string[] = [...Object.values(SHAPES), ...Object.values(BLOB_SHAPES)].map(
  ({ name }) => name,
);

/**
 * The shipped shape of this name.
 * @throws {MillraceError} `input/unknown-shape`
 */
export function shapeByName(name: string): Shape {
  const shapes: readonly Shape[] = [...Object.values(SHAPES), ...Object.values(BLOB_SHAPES)];
  const shape = shapes.find((candidate) => candidate.name === name);
  if (shape === undefined) {
    throw new MillraceError('input', 'unknown-shape', `There is no shape '${name}'`, {
      details: { expected: SHAPE_NAMES, found: name },
      fix: 'Name one of the shapes that ship (protocol/shape.ts).',
    });
  }
  return shape;
}
