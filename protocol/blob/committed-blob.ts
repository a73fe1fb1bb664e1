import type { BatchHeader, BatchInput } from '../batch-header.ts';
import { MillraceError } from '../error.ts';
import { OP_TYPE } from '../ops.ts';
import { payoutsOf, payoutsRoot } from '../payouts.ts';
import { encodeData, evaluate, hashPublicData } from '../public-data.ts';
import type { Shape } from '../shape.ts';
import { HEAD_LENGTH, type L1Entry, type L2Entry, NO_L2_ENTRY, toHead } from '../vector.ts';
import { blobPoint, blobStatement } from './binding.ts';
import { joinVector, splitLayout } from './split.ts';
import { decodeVisible } from './visible-data.ts';

/** A batch in a blob as it is handed to the contract; `data` are those of docs/protocol.md, section 3.5. */
export interface BlobBatchInput extends BatchInput {
  /** Value at the blob's point of the batch's part of the polynomial. */
  readonly y: bigint;
}

/** What L1 alone says of a batch in a blob. */
export interface CommittedBlobBatch {
  readonly header: BatchHeader;
  readonly shape: Shape;
  /** `C` of the whole vector; the header has a public input in its place. */
  readonly c: bigint;
  readonly visible: readonly bigint[];
  readonly l1: readonly L1Entry[];
  /** Position of its first coefficient in the blob. */
  readonly offset: number;
}

/**
 * The headers that the contract makes of a blob's batches, which it does without reading the blob.
 *
 * @param inputs all batches of the call
 * @param parent header of the batch before the first
 * @param versionedHash of the blob
 * @param shapes of the rollup, by id
 * @param committedAt block time, seconds
 * @throws {MillraceError} `input/bad-data`, `input/bad-l1-op` for what the contract does not take
 */
export function readCommittedBlob(
  inputs: readonly BlobBatchInput[],
  parent: BatchHeader,
  versionedHash: Uint8Array,
  { shapes, domain, committedAt }: { shapes: readonly Shape[]; domain: bigint; committedAt: number },
): CommittedBlobBatch[] {
  let [number, oldRoot, l1End, offset] = [parent.number, parent.newRoot, parent.l1End, 0];
  const read = inputs.map(({ shape: shapeId, newRoot, c, y, data }) => {
    const shape = shapes[shapeId]!;
    number += 1;
    const head = toHead({ domain, number, oldRoot, newRoot });
    const { visible, l1Count } = decodeVisible(data, shape, head);
    const { l1, withdrawals } = entriesOf(visible, shape, l1Count);
    l1End += l1Count;
    const header = { number, shape: shapeId, committedAt, l1End, newRoot };
    const place = offset;
    offset += splitLayout(shape).hiddenLength;
    oldRoot = newRoot;
    const root = payoutsRoot(payoutsOf({ l1, l2: withdrawals }));
    return { header, root, shape, shapeId, c, y, data, visible, l1, offset: place };
  });
  const z = blobPoint(versionedHash, read);
  return read.map(({ header, root, shape, c, y, visible, l1, offset: place }) => {
    const { a, zy, yLo } = blobStatement(c, evaluate(visible, z), z, y);
    return {
      header: { ...header, c: a, z: zy, y: yLo, payoutsRoot: root },
      shape,
      c,
      visible,
      l1,
      offset: place,
    };
  });
}

/**
 * The data of a batch as they would be in calldata (docs/protocol.md, section 3.3), every place of the shape in use.
 * Only the batch's own vector has its `C`, so what is returned needs no further check against the blob's hash.
 * @param coefficients of the blob's polynomial, from anywhere
 * @throws {MillraceError} `input/bad-blob-data` if they are not those of the batch
 */
export function dataFromBlob(batch: CommittedBlobBatch, coefficients: readonly bigint[]): Uint8Array {
  const { shape, visible, c, offset, l1 } = batch;
  const hidden = coefficients.slice(offset, offset + splitLayout(shape).hiddenLength);
  const d = joinVector({ visible, hidden }, shape);
  if (hashPublicData(d) !== c) {
    throw new MillraceError('input', 'bad-blob-data', 'The blob does not hold the data of this batch', {
      details: { batch: batch.header.number, expected: 'a vector with the hash C of the batch' },
      fix: 'Check that the blob is the one that the transaction on L1 names.',
    });
  }
  return encodeData(d, shape, { l1: l1.length, l2: shape.n2 });
}

/** The L1 ops and withdrawals that L1 sees. */
function entriesOf(
  visible: readonly bigint[],
  shape: Shape,
  l1Count: number,
): { l1: L1Entry[]; withdrawals: L2Entry[] } {
  const at = splitLayout(shape);
  const l1 = Array.from({ length: l1Count }, (_, t): L1Entry => {
    const [e0, e1, e2, result] = visible.slice(HEAD_LENGTH + 4 * t, HEAD_LENGTH + 4 * t + 4);
    return { elements: [e0!, e1!, e2!], result: result! };
  });
  const withdrawals: L2Entry[] = [];
  for (let place = at.withdrawals; place < at.visibleLength; place += 2) {
    const [aux, payment] = [visible[place]!, visible[place + 1]!];
    if (payment === 0n) continue;
    const [to, amount] = [Number(payment & 0xffffn), payment >> 16n];
    withdrawals.push({ ...NO_L2_ENTRY, type: OP_TYPE.withdraw, to, amount, aux });
  }
  return { l1, withdrawals };
}
