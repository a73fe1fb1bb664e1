import { once } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatcherFixture, cursorAt, deposit, queued } from '../test/support/batcher-fixture.ts';
import { holder } from '../test/support/random-batch.ts';
import { Sealer } from './sealing.ts';

const alice = holder(1);
const logger = pino({ level: 'silent' });
const LONG_MS = 3_600_000;

let f: BatcherFixture;
let sealer: Sealer | undefined;

beforeEach(() => {
  f = new BatcherFixture();
});

afterEach(() => {
  sealer?.close();
  f.remove();
});

/** `count` deposits are on L1 and read, but have no place yet. */
function readDeposits(count: number): void {
  const first = f.store.l1Ops.count();
  const ops = Array.from({ length: count }, (_, i) => queued(first + i, deposit(alice, 1, 1n)));
  f.intake.appendL1Ops(ops, cursorAt(first + count), true);
}

describe('Sealer', () => {
  it('seals a batch that is old enough, and not before', async () => {
    sealer = new Sealer({ sequencer: f.sequencer, batchAgeMs: 50, logger });
    f.queue(deposit(alice, 1, 5n));
    const { openedAt } = f.sequencer.open;
    const [number] = await once(f.sequencer, 'sealed');
    expect(number).toBe(1);
    expect(Date.now() - openedAt!).toBeGreaterThanOrEqual(50);
  });

  it('gives the ops of a long queue places as they are read, batch by batch', async () => {
    sealer = new Sealer({ sequencer: f.sequencer, batchAgeMs: LONG_MS, logger });
    readDeposits(23);
    while (f.sequencer.waitingL1 > 0) await new Promise(setImmediate);
    expect(f.store.batches.lastSealed()).toBe(4);
    expect(f.sequencer.open).toMatchObject({ number: 5, l1: 3 });
  });

  it('takes up what a restart left: an open batch of old age, and L1 ops without a place', async () => {
    f.queue(deposit(alice, 1, 5n));
    const { openedAt } = f.sequencer.open;
    readDeposits(7);
    f.reopen();
    expect(f.sequencer.open.openedAt).toBe(openedAt);
    sealer = new Sealer({ sequencer: f.sequencer, batchAgeMs: LONG_MS, logger });
    while (f.sequencer.waitingL1 > 0) await new Promise(setImmediate);
    expect(f.sequencer.open).toMatchObject({ number: 2, l1: 3 });
    sealer.close();
    sealer = new Sealer({ sequencer: f.sequencer, batchAgeMs: 10, logger });
    await once(f.sequencer, 'sealed');
  });

  it('seals everything on a flush', async () => {
    sealer = new Sealer({ sequencer: f.sequencer, batchAgeMs: LONG_MS, logger });
    f.queue(deposit(alice, 1, 5n));
    f.place({ type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0, nonce: 0 }, alice);
    readDeposits(2);
    await sealer.flush();
    expect(f.store.batches.lastSealed()).toBe(2);
    expect(f.sequencer.waitingL1).toBe(0);
    expect(f.sequencer.open.openedAt).toBeUndefined();
    await sealer.flush();
    expect(f.store.batches.lastSealed()).toBe(2);
  });

  it('leaves an open batch in the store when it is closed', async () => {
    sealer = new Sealer({ sequencer: f.sequencer, batchAgeMs: LONG_MS, logger });
    f.queue(deposit(alice, 1, 5n));
    sealer.close();
    readDeposits(9);
    await new Promise(setImmediate);
    expect(f.store.batches.lastSealed()).toBe(0);
  });
});
