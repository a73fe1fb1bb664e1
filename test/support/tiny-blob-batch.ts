import {
  type BlobBatch,
  type BlobOpening,
  blobBatch,
  blobPoint,
  blobWitness,
  openBatch,
} from '../../protocol/blob/binding.ts';
import { BLOB_SHAPES } from '../../protocol/shape.ts';
import type { SealedBatch } from '../../protocol/transition.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import { type TinyBatch, tinyBatch } from './tiny-batch.ts';

export const BLOB_SHAPE = BLOB_SHAPES.tiny;

export interface TinyBlobBatch {
  readonly sealed: SealedBatch;
  readonly batch: BlobBatch;
  readonly opening: BlobOpening;
  readonly witness: BatchWitness;
}

/** {@link tinyBatch} as a batch of a blob, at the point that some versioned hash gives. */
export function tinyBlobBatch(kind: TinyBatch): TinyBlobBatch {
  const sealed = tinyBatch(kind);
  const batch = blobBatch(sealed.d, BLOB_SHAPE, 0, sealed.l1Results.length);
  const opening = openBatch(batch, blobPoint(new Uint8Array(32).fill(1), [batch]));
  return { sealed, batch, opening, witness: blobWitness(sealed.witness, opening) };
}
