import type { DataPlace } from '../protocol/shape.ts';

/** What counts of a batch for the length of its call. */
export interface BatchBytes {
  readonly shape: string;
  /** Of its calldata. */
  readonly bytes: number;
}

/** Bytes of `commitAndProveBatches`, or of `commitAndProveBlobBatches`, with these batches, as the ABI encodes them. */
export function callBytes(batches: readonly BatchBytes[], place: DataPlace): number {
  const sums = new Set(batches.map(({ shape }) => shape)).size;
  // Three arrays, each with its place and its length; of a batch its place, four words, its data with their length, and a proof.
  // For a blob besides: the opening with its place and length, and of each batch its value.
  const [call, batch] = place === 'calldata' ? [6, 6 + 6] : [6 + 5, 7 + 6];
  const words = call + 2 * sums + batches.length * batch;
  return 4 + 32 * words + batches.reduce((total, { bytes }) => total + 32 * Math.ceil(bytes / 32), 0);
}
