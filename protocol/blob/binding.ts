import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, integerFromBytes, wordFromInteger } from '../bytes.ts';
import { reduce } from '../field.ts';
import { evaluate, hashPublicData } from '../public-data.ts';
import type { Shape } from '../shape.ts';
import { HEAD_LENGTH } from '../vector.ts';
import type { BatchWitness } from '../witness.ts';
import { evaluateBls } from './blob.ts';
import { BLS_FIELD, powerBls } from './scalar-field.ts';
import { splitVector } from './split.ts';
import { encodeVisible } from './visible-data.ts';

/** Bits of the point at which a blob is opened. */
export const POINT_BITS = 240;
const Y_LOW_BITS = 248n;
const Y_LOW_MASK = (1n << Y_LOW_BITS) - 1n;

/** What a batch puts on L1 when its vector goes to a blob. */
export interface BlobBatch {
  /** `C` of the whole vector, as for a batch in calldata. */
  readonly c: bigint;
  readonly shapeId: number;
  /** Read and evaluated by L1; its first four elements are the vector's. */
  readonly visible: readonly bigint[];
  /** Coefficients that go to the blob. */
  readonly hidden: readonly bigint[];
  /** Calldata that `visible` comes from. */
  readonly data: Uint8Array;
}

/** The public inputs of the blob circuit. */
export interface BlobStatement {
  /** `C + z * (value of visible at z) mod r`. */
  readonly a: bigint;
  /** `z`, and above its 240 bits the high 7 bits of `y`. */
  readonly zy: bigint;
  /** The low 248 bits of `y`. */
  readonly yLo: bigint;
}

/** A batch's opening: its statement, and `y`, its own polynomial's value at `z`. */
export interface BlobOpening extends BlobStatement {
  readonly z: bigint;
  readonly y: bigint;
}

/**
 * @param d the batch's public-data vector
 * @param l1Count used places for L1 ops
 */
export function blobBatch(d: readonly bigint[], shape: Shape, shapeId: number, l1Count: number): BlobBatch {
  const { visible, hidden } = splitVector(d, shape);
  return { c: hashPublicData(d), shapeId, visible, hidden, data: encodeVisible(visible, shape, l1Count) };
}

/** Coefficients of the polynomial of a blob that these batches share: one after the other, in their order. */
export function blobCoefficients(batches: readonly Pick<BlobBatch, 'hidden'>[]): bigint[] {
  return batches.flatMap(({ hidden }) => hidden);
}

/** What L1 reads of a batch, apart from its blob. */
type SeenOnL1 = Pick<BlobBatch, 'c' | 'shapeId' | 'visible' | 'data'>;

/** `h_j` of docs/protocol.md, section 3.5, 32 bytes. */
export function blobBatchHash({ c, shapeId, visible, data }: SeenOnL1): Uint8Array {
  const words = [c, BigInt(shapeId), ...visible.slice(0, HEAD_LENGTH)].map(wordFromInteger);
  return keccak_256(concatBytes([...words, keccak_256(data)]));
}

/**
 * `z` of a blob: drawn after the blob, and after all that L1 reads of the batches in it.
 * @param versionedHash of the blob, EIP-4844
 */
export function blobPoint(versionedHash: Uint8Array, batches: readonly SeenOnL1[]): bigint {
  const hashed = keccak_256(concatBytes([versionedHash, ...batches.map(blobBatchHash)]));
  return BigInt.asUintN(POINT_BITS, integerFromBytes(hashed));
}

/** What the circuit proves of a batch in a blob that is opened at `z`. */
export function openBatch({ c, visible, hidden }: BlobBatch, z: bigint): BlobOpening {
  const y = evaluateBls(hidden, z);
  return { z, y, ...blobStatement(c, evaluate(visible, z), z, y) };
}

/**
 * The public inputs of a batch that is opened at `z`.
 * @param v value of `visible` at `z`
 * @param y value of `hidden` at `z`
 */
export function blobStatement(c: bigint, v: bigint, z: bigint, y: bigint): BlobStatement {
  return {
    a: reduce(c + z * v),
    zy: z | ((y >> Y_LOW_BITS) << BigInt(POINT_BITS)),
    yLo: y & Y_LOW_MASK,
  };
}

/** The blob circuit's input for a batch: that of the calldata circuit with other public inputs. */
export function blobWitness(witness: BatchWitness, { a, zy, yLo }: BlobStatement): BatchWitness {
  return { ...witness, C: `${a}`, z: `${zy}`, y: `${yLo}` };
}

/**
 * The whole blob's value, by its batches': `sum z^offset_j y_j`. This is what the point-evaluation precompile is asked for.
 * @param batches in their order; each begins where the one before it ends
 */
export function combineValues(
  batches: readonly { readonly length: number; readonly y: bigint }[],
  z: bigint,
): bigint {
  return batches.reduceRight((sum, { length, y }) => (y + powerBls(z, BigInt(length)) * sum) % BLS_FIELD, 0n);
}
