import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callBytes } from '../aggregator/call-bytes.ts';
import { blobPoint, openBatch } from '../protocol/blob/binding.ts';
import { wordFromInteger } from '../protocol/bytes.ts';
import type { L2Op } from '../protocol/ops.ts';
import { BLOB_SHAPES, type DataPlace, SHAPES } from '../protocol/shape.ts';
import { BatcherFixture, cursorAt, deposit } from '../test/support/batcher-fixture.ts';
import { holder } from '../test/support/random-batch.ts';
import { StoredBatchSource } from './batch-source.ts';
import { BlobGroups } from './blob-groups.ts';
import type { RollupShape } from './rollup-shapes.ts';

const alice = holder(1);
const { depth } = SHAPES.tiny;
const SHAPES_HERE: readonly RollupShape[] = [
  { shape: { name: 'for-calldata', n2: 4, n1: 2, m: 6, depth }, shapeId: 0 },
  { shape: { ...BLOB_SHAPES.tiny, depth }, shapeId: 1 },
];
/** As good as the versioned hash of a blob for what is tested here. */
const HASH = `0x01${'ab'.repeat(31)}`;

let f: BatcherFixture;
let place: DataPlace;
let groups: BlobGroups;
let wanted: number[];
let coefficients: number[];
let waits: boolean;
let nonce: number;

beforeEach(() => {
  place = 'blob';
  waits = true;
  nonce = 0;
  f = new BatcherFixture({ shapes: SHAPES_HERE, dataPlace: () => place });
  start();
  f.queue(deposit(alice, 1, 1000n));
});

afterEach(() => {
  groups.close();
  f.remove();
});

function start(mostBytes = 100_000): void {
  wanted = [];
  coefficients = [];
  groups = new BlobGroups({
    store: f.store,
    sequencer: f.sequencer,
    mostBatches: 3,
    mostBytes,
    timing: { forecast: (numbers, most) => ({ submit: !waits || numbers.length === most }) },
    versionedHash: (some) => {
      coefficients.push(some.length);
      return HASH;
    },
    onProofWanted: (number) => wanted.push(number),
    pollMs: 5,
    logger: pino({ level: 'silent' }),
  });
}

/** Seals a batch with a payment of alice to herself. */
function sealNext(): number {
  const op: L2Op = { type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0, nonce: nonce++ };
  f.place(op, alice);
  return f.seal()!;
}

function blobs(...numbers: number[]): (number[] | undefined)[] {
  return numbers.map((number) => {
    const blob = f.store.blobs.of(number);
    return blob && [blob.first, blob.last];
  });
}

describe('batches for a blob', () => {
  it('wait for others; then their public signals are those of the blob that they share', async () => {
    sealNext();
    sealNext();
    await nextTurn();
    expect(f.store.batches.get(1)).toMatchObject({
      shape: BLOB_SHAPES.tiny.name,
      shapeId: 1,
      dataPlace: 'blob',
      publicSignals: undefined,
    });
    expect([wanted, blobs(1, 2)]).toEqual([[], [undefined, undefined]]);
    groups.flush();
    expect([wanted, blobs(1, 2)]).toEqual([
      [1, 2],
      [
        [1, 2],
        [1, 2],
      ],
    ]);
    const parts = f.store.blobs.parts(1, 2);
    const z = blobPoint(wordFromInteger(BigInt(HASH)), parts);
    const { a, zy, yLo } = openBatch(parts[1]!, z);
    expect(f.store.batches.get(2)!.publicSignals).toEqual([a, zy, yLo]);
    expect(f.store.batches.data(2)).toEqual(parts[1]!.data);
    expect(coefficients).toEqual([parts[0]!.hidden.length + parts[1]!.hidden.length]);
  });

  it('share one as soon as it has as many as it may', async () => {
    for (let i = 0; i < 4; i++) sealNext();
    await nextTurn();
    expect(blobs(1, 2, 3, 4)).toEqual([[1, 3], [1, 3], [1, 3], undefined]);
  });

  it('share one with no more than the calldata of a call can have', async () => {
    for (let i = 0; i < 3; i++) sealNext();
    const sizes = f.store.blobs.waiting();
    groups.close();
    start(callBytes(sizes.slice(0, 2), 'blob'));
    await nextTurn();
    expect(blobs(1, 2, 3)).toEqual([[1, 2], [1, 2], undefined]);
    groups.close();
    start(1);
    await nextTurn();
    groups.flush();
    expect(blobs(3)).toEqual([[3, 3]]);
  });

  it('share blobs one a turn', async () => {
    for (let i = 0; i < 6; i++) sealNext();
    await nextTurn();
    expect(blobs(3, 4)).toEqual([[1, 3], undefined]);
    await nextTurn();
    expect(blobs(4)).toEqual([[4, 6]]);
  });

  it('are not waited for longer than the timing says', async () => {
    sealNext();
    await nextTurn();
    expect(wanted).toEqual([]);
    waits = false;
    await expect.poll(() => wanted).toEqual([1]);
  });

  it('wait on once it is closed', async () => {
    sealNext();
    groups.close();
    waits = false;
    await nextTurn();
    sealNext();
    await nextTurn();
    expect([wanted, blobs(1, 2)]).toEqual([[], [undefined, undefined]]);
  });

  it('share one before a batch that goes to calldata', async () => {
    sealNext();
    place = 'calldata';
    sealNext();
    await nextTurn();
    expect(blobs(1, 2)).toEqual([[1, 1], undefined]);
    expect(f.store.batches.get(2)).toMatchObject({ shape: 'for-calldata', dataPlace: 'calldata' });
    expect(f.store.batches.get(2)!.publicSignals).toBeDefined();
  });

  it('wait on after a restart, and are undone together by a reorg', async () => {
    sealNext();
    f.queue(deposit(alice, 1, 1n));
    sealNext();
    const signals = () => [1, 2].map((number) => f.store.batches.get(number)?.publicSignals);
    groups.close();
    f.reopen();
    start();
    expect(f.store.blobs.waiting().map(({ number }) => number)).toEqual([1, 2]);
    groups.flush();
    const before = signals();

    // The second deposit is gone, and with it the blob of both batches.
    f.intake.rewindL1Ops(1, cursorAt(1));
    expect([f.store.batches.lastSealed(), f.store.blobs.of(1)]).toEqual([0, undefined]);
    f.intake.appendL1Ops([], cursorAt(2), true);
    expect(f.store.batches.get(1)).toMatchObject({ signedOps: 1, publicSignals: undefined });
    groups.flush();
    expect(signals()).not.toEqual(before);
    expect(signals()).not.toContain(undefined);
  });

  it('are undone without those of their blob that are final', async () => {
    sealNext();
    f.queue(deposit(alice, 1, 1n));
    sealNext();
    groups.flush();
    expect(blobs(1, 2)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    // In the blob of before a reorg that undid both.
    f.store.batches.addFinalization(1, { ...cursorAt(9), transactionHash: `0x${'9'.repeat(64)}` });
    f.store.batches.setStatus(1, 1, 'finalized');
    f.intake.rewindL1Ops(1, cursorAt(1));
    expect([f.store.batches.lastSealed(), blobs(1), f.store.blobs.waiting()]).toEqual([1, [[1, 1]], []]);
    f.intake.appendL1Ops([], cursorAt(2), true);
    expect(f.store.blobs.waiting()).toMatchObject([{ number: 2 }]);
  });

  it('share one anew, from any of them on', async () => {
    for (let i = 0; i < 4; i++) sealNext();
    await nextTurn();
    groups.flush();
    wanted = [];
    const undone: number[] = [];
    f.sequencer.on('undone', (number) => undone.push(number));
    const again = (number: number) =>
      new StoredBatchSource(f.store, f.sequencer, () => undefined).shareBlobAnew(number);
    again(2);
    expect([undone, blobs(1, 2, 3, 4)]).toEqual([
      [2, 3],
      [[1, 1], undefined, undefined, [4, 4]],
    ]);
    expect(f.store.batches.get(3)).toMatchObject({ status: 'sealed', publicSignals: undefined });
    await nextTurn();
    expect([wanted, blobs(2, 3)]).toEqual([
      [2, 3],
      [
        [2, 3],
        [2, 3],
      ],
    ]);
    again(2);
    again(2);
    again(9);
    expect([undone, blobs(2)]).toEqual([[2, 3, 2, 3], [undefined]]);
  });

  it('are tried again where the blob cannot be made', async () => {
    groups.close();
    let fails = true;
    groups = new BlobGroups({
      store: f.store,
      sequencer: f.sequencer,
      mostBatches: 3,
      mostBytes: 100_000,
      timing: { forecast: () => ({ submit: true }) },
      versionedHash: () => {
        if (fails) throw new Error('no');
        return HASH;
      },
      onProofWanted: (number) => wanted.push(number),
      pollMs: 5,
      logger: pino({ level: 'silent' }),
    });
    sealNext();
    await nextTurn();
    expect(blobs(1)).toEqual([undefined]);
    fails = false;
    await expect.poll(() => blobs(1)).toEqual([[1, 1]]);
  });
});

describe('where a batch puts its data', () => {
  it('is chosen when its first op comes, and kept after a restart', () => {
    place = 'calldata';
    f.place({ type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0, nonce: 0 }, alice);
    place = 'blob';
    f.reopen();
    f.seal();
    // The deposit came while blobs were cheaper.
    expect(f.store.batches.get(1)).toMatchObject({ l1End: 1, dataPlace: 'blob' });
  });

  it('is another one after a restart without a shape for it', () => {
    f.place({ type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0, nonce: 0 }, alice);
    groups.close();
    f.reopen({ shapes: SHAPES_HERE.slice(0, 1), dataPlace: () => 'calldata' });
    f.seal();
    expect(f.store.batches.get(1)).toMatchObject({ shape: 'for-calldata', l1End: 1, signedOps: 1 });
  });
});
