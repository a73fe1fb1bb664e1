import { getBytes } from 'ethers';
import { type BatchHeader, type BatchInput, genesisHeader, readCommitted } from '../protocol/batch-header.ts';
import { decodeBlob } from '../protocol/blob/blob.ts';
import { type BlobBatchInput, dataFromBlob, readCommittedBlob } from '../protocol/blob/committed-blob.ts';
import { MillraceError } from '../protocol/error.ts';
import type { BatchContent, L1Entry } from '../protocol/vector.ts';
import type { CommitCall } from './commit-calls.ts';
import { mismatch } from './l1-disagrees.ts';
import type { RollupParameters } from './rollup-view.ts';

/** Blobs by their hashes, as far as there are any. */
export type Blobs = ReadonlyMap<string, Uint8Array>;

/** A batch as the chain of headers takes it in. */
export interface ReadBatch {
  readonly header: BatchHeader;
  readonly l1: readonly L1Entry[];
  /** As in calldata, docs/protocol.md section 3.3; empty if the blob does not give them. */
  readonly data: Uint8Array;
  readonly signedOps: number;
}

/** Of a batch whose blob is not there or holds something else. */
const NO_DATA = new Uint8Array();

/**
 * The batches of a call on top of `parent`.
 * @param committedAt time of the call's block, seconds
 * @throws {MillraceError} `refused/header-mismatch` for a call that L1 cannot have taken
 */
export function readBatches(
  parameters: RollupParameters,
  call: CommitCall,
  parent: BatchHeader,
  committedAt: number,
  blobs: Blobs,
): ReadBatch[] {
  const { shapes } = parameters;
  const unknown = call.inputs.findIndex(({ shape }) => shapes[shape] === undefined);
  if (unknown >= 0)
    throw mismatch({ batch: parent.number + 1 + unknown, shape: call.inputs[unknown]!.shape });
  try {
    return call.versionedHash === undefined
      ? readCalldata(parameters, call.inputs, parent, committedAt)
      : readBlob(parameters, call.inputs, parent, committedAt, call.versionedHash, blobs);
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause;
    throw mismatch({ after: parent.number, reason: cause.message, ...cause.details }, cause);
  }
}

function readCalldata(
  { shapes, domain }: RollupParameters,
  inputs: readonly BatchInput[],
  parent: BatchHeader,
  committedAt: number,
): ReadBatch[] {
  let before = parent;
  return inputs.map((input) => {
    const shape = shapes[input.shape]!;
    const { header, content } = readCommitted(input, before, { shape, domain, committedAt });
    before = header;
    const signedOps = content.l2.filter(({ type }) => type !== 0).length;
    return { header, l1: content.l1, data: input.data, signedOps };
  });
}

function readBlob(
  parameters: RollupParameters,
  inputs: readonly BlobBatchInput[],
  parent: BatchHeader,
  committedAt: number,
  versionedHash: string,
  blobs: Blobs,
): ReadBatch[] {
  const { shapes, domain } = parameters;
  const hash = getBytes(versionedHash);
  const batches = readCommittedBlob(inputs, parent, hash, { shapes, domain, committedAt });
  const coefficients = coefficientsOf(blobs.get(versionedHash));
  let oldRoot = parent.newRoot;
  return batches.map((batch) => {
    const { header, l1 } = batch;
    // A vector can have the hash C and still be none that section 3.3 can write down, such as one with padding that is not 0: it has no proof.
    const read = attempt(() => {
      const data = coefficients && dataFromBlob(batch, coefficients);
      return data && { data, content: contentOf(parameters, header, oldRoot, data) };
    });
    oldRoot = header.newRoot;
    const signedOps = read?.content.l2.filter(({ type }) => type !== 0).length ?? 0;
    return { header, l1, data: read?.data ?? NO_DATA, signedOps };
  });
}

/** What a batch says whose header is known, and whose data are not empty. */
export function contentOf(
  { shapes, domain }: RollupParameters,
  { number, shape, newRoot, c, committedAt }: BatchHeader,
  oldRoot: bigint,
  data: Uint8Array,
): BatchContent {
  const parent = { ...genesisHeader(oldRoot), number: number - 1 };
  return readCommitted({ shape, newRoot, c, data }, parent, { shape: shapes[shape]!, domain, committedAt })
    .content;
}

/** The coefficients of a blob's polynomial; undefined if there is no blob. */
function coefficientsOf(blob: Uint8Array | undefined): bigint[] | undefined {
  return blob === undefined ? undefined : attempt(() => decodeBlob(blob));
}

/** Undefined for something that is not what it should be: a blob comes from anywhere, and what is in it is L1's word for nothing. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MillraceError && error.kind === 'input') return undefined;
    throw error;
  }
}
