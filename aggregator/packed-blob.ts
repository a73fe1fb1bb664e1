import { type BlobLike, hexlify } from 'ethers';
import {
  type BlobBatch,
  type BlobOpening,
  blobCoefficients,
  blobPoint,
  openBatch,
} from '../protocol/blob/binding.ts';
import { encodeBlob } from '../protocol/blob/blob.ts';
import { concatBytes, wordFromInteger } from '../protocol/bytes.ts';
import { MillraceError } from '../protocol/error.ts';
import { loadKzg, versionedHashOf } from './kzg.ts';

/** A blob with what a transaction has to hand in of it (EIP-7594). */
export interface PackedBlob {
  readonly data: Uint8Array;
  readonly commitment: Uint8Array;
  /** The proofs of its 128 cells, one after the other. */
  readonly cellProofs: Uint8Array;
  /** 0x + 64 hex. */
  readonly versionedHash: string;
}

/** A blob in the form in which ethers signs it, with cell proofs (wrapper version 1). */
export function blobFields({ data, commitment, cellProofs }: PackedBlob): {
  type: 3;
  blobs: BlobLike[];
  blobWrapperVersion: 1;
} {
  const blob = { data, commitment: hexlify(commitment), proof: hexlify(cellProofs) };
  return { type: 3, blobs: [blob], blobWrapperVersion: 1 };
}

/** Batches that share a blob, ready to be proven and sent. */
export interface BlobCall {
  readonly blob: PackedBlob;
  /** KZG commitment and the proof of the blob's value at the point, as the contract takes them. */
  readonly opening: Uint8Array;
  /** Of each batch: what its circuit proves, and its `y`. */
  readonly openings: readonly BlobOpening[];
}

/**
 * Packs batches into one blob, in their order. Takes most of a second, nearly all of it for the cell proofs.
 * @throws {MillraceError} `refused/no-kzg` where c-kzg is not there, `input/bad-coefficient` if they are too many for a blob
 */
export async function packBlob(batches: readonly BlobBatch[]): Promise<BlobCall> {
  const kzg = await loadKzg();
  if (kzg === undefined) throw noKzg();
  const data = encodeBlob(blobCoefficients(batches));
  const commitment = kzg.blobToKzgCommitment(data);
  const versionedHash = versionedHashOf(commitment);
  const [, proofs] = kzg.computeCellsAndKzgProofs(data);
  const z = blobPoint(wordFromInteger(BigInt(versionedHash)), batches);
  const [proof] = kzg.computeKzgProof(data, wordFromInteger(z));
  return {
    blob: { data, commitment, cellProofs: concatBytes(proofs), versionedHash },
    opening: concatBytes([commitment, proof]),
    openings: batches.map((batch) => openBatch(batch, z)),
  };
}

/**
 * What gives the versioned hash, 0x + 64 hex, of the blob with these coefficients. Takes about 100 ms a blob.
 * @throws {MillraceError} `refused/no-kzg` where c-kzg is not there
 */
export async function blobHasher(): Promise<(coefficients: readonly bigint[]) => string> {
  const kzg = await loadKzg();
  if (kzg === undefined) throw noKzg();
  return (coefficients) => versionedHashOf(kzg.blobToKzgCommitment(encodeBlob(coefficients)));
}

/** Where c-kzg is not there. */
export function noKzg(): MillraceError {
  return new MillraceError('refused', 'no-kzg', 'Blobs need the package c-kzg, which could not be built', {
    fix: 'Install a C compiler and run npm install again, or put the data into calldata.',
  });
}
