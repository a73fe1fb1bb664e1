import { layout } from '../../protocol/shape.ts';
import type { CircuitSizes, Size } from './compiled-size.ts';

/** What the parts of `Batch` cost, constraints. */
export interface Parts {
  /** Signature of a signed op. */
  readonly signature: number;
  /** A signed op with its signature and without its access to slots; its access, for each slot of the batch. */
  readonly signedOp: number;
  readonly signedOpAccess: number;
  readonly l1Op: number;
  readonly l1OpAccess: number;
  /** The data vector: its first block of 15 elements, each further one, and what an element less in a block saves. */
  readonly data: { readonly first: number; readonly block: number; readonly element: number };
  /** What does not depend on N2, N1 and M; and one account opened and closed, its order among the others included. */
  readonly byDepth: ReadonlyMap<number, { readonly fixed: number; readonly slot: number }>;
}

/** Depths that circuits are measured at; the first one, where they are small, for what does not depend on it. */
export const DEPTHS = [8, 11, 24, 32] as const;
const BLOCK = 15;

/**
 * Takes the batch circuit apart by differences of small compiled instances: N2, N1 and M are raised by one each. That
 * is exact where the cost is a sum of parts, each for one op, one slot or one pair of both.
 */
export async function measureParts(sizes: CircuitSizes): Promise<Parts> {
  const [smallest] = DEPTHS;
  const data = await measureData(sizes);
  const rest = async (size: Size) => (await sizes.batch(size)).constraints - dataConstraints(data, size);
  const at = (n2: number, n1: number, m: number, depth: number = smallest) => rest({ n2, n1, m, depth });

  const base = await at(1, 1, 2);
  const wider = await at(1, 1, 3);
  const signedOp2 = (await at(2, 1, 2)) - base;
  const signedOp3 = (await at(2, 1, 3)) - wider;
  const l1Op2 = (await at(1, 2, 2)) - base;
  const l1Op3 = (await at(1, 2, 3)) - wider;
  const [signedOpAccess, l1OpAccess] = [signedOp3 - signedOp2, l1Op3 - l1Op2];
  const [signedOp, l1Op] = [signedOp2 - 2 * signedOpAccess, l1Op2 - 2 * l1OpAccess];

  const byDepth = new Map<number, { fixed: number; slot: number }>();
  for (const depth of DEPTHS) {
    const two = await at(1, 1, 2, depth);
    const slot = (await at(1, 1, 3, depth)) - two - signedOpAccess - l1OpAccess;
    const ops = signedOp + l1Op + 2 * (signedOpAccess + l1OpAccess);
    byDepth.set(depth, { fixed: two - ops - 2 * slot, slot });
  }
  return {
    signature: (await sizes.gadget('signature', 'signature.circom', 'Signature()')).constraints,
    signedOp,
    signedOpAccess,
    l1Op,
    l1OpAccess,
    data,
    byDepth,
  };
}

async function measureData(sizes: CircuitSizes): Promise<Parts['data']> {
  const hash = async (elements: number) =>
    (await sizes.gadget(`data-hash-${elements}`, 'public_data.circom', `DataHash(${elements})`)).constraints;
  const two = await hash(2 * BLOCK);
  const first = await hash(BLOCK);
  return { first, block: two - first, element: two - (await hash(2 * BLOCK - 1)) };
}

/** What binds a batch's data to the public inputs: their hash, and one multiplication an element but the first. */
function dataConstraints({ first, block, element }: Parts['data'], size: Size): number {
  const { length } = layout(size);
  const blocks = Math.ceil(length / BLOCK);
  return first + (blocks - 1) * block - (BLOCK * blocks - length) * element + (length - 1);
}

/** The constraints of a batch circuit as the sum of its parts. */
export function sumOfParts(parts: Parts, size: Size): number {
  const { n2, n1, m, depth } = size;
  const { fixed, slot } = parts.byDepth.get(depth)!;
  return (
    fixed +
    m * slot +
    n2 * (parts.signedOp + m * parts.signedOpAccess) +
    n1 * (parts.l1Op + m * parts.l1OpAccess) +
    dataConstraints(parts.data, size)
  );
}
