import { describe, expect, it } from 'vitest';
import type { BatchReport } from '../../scripts/demo/report.ts';
import { parseTransfers } from '../../scripts/demo/transfers-csv.ts';
import { finalityBusy, queueGaps, queueWaits, steadyRate, workersBusy } from './job-times.ts';
import { zipfTransfers } from './zipf-transfers.ts';

/** A batch that was sealed, started and proven at these times, seconds. */
const batch = (worker: string, sealed: number, started: number, proven: number): BatchReport => ({
  number: 1,
  l1Ops: 0,
  signedOps: 1,
  accounts: 1,
  witnessMs: 1000,
  proveMs: 1000 * (proven - started - 1),
  sealedAtMs: 1000 * sealed,
  provenAtMs: 1000 * proven,
  finalAtMs: 1000 * proven + 500,
  worker,
  transaction: '',
});

describe('the times of jobs', () => {
  const batches = [
    batch('a', 0, 0, 4),
    batch('b', 0, 1, 3),
    batch('a', 0, 4.25, 8),
    batch('b', 0, 3.5, 7),
    // It came when its worker was idle already: the queue is not to blame.
    batch('b', 9, 9, 12),
  ];

  it('give the gaps between proofs of a worker that had work waiting', () => {
    expect(queueGaps(batches)).toEqual([0.25, 0.5]);
    expect(queueGaps([])).toEqual([]);
  });

  it('give the wait of each batch, and the share of time that workers had work', () => {
    expect(queueWaits(batches)).toEqual([0, 1, 4.25, 3.5, 0]);
    expect(workersBusy(batches)).toBeCloseTo((3.75 + 3.5 + 3) / (4 + 4 + 5));
    expect(workersBusy(batches.slice(0, 2))).toBe(0);
  });

  it('give the rate of each worker from its first proof on', () => {
    expect(steadyRate(batches)).toBeCloseTo(1 / 4 + 2 / 9);
    expect(steadyRate(batches.slice(0, 2))).toBe(0);
  });

  it('give the share of time in which something proven waits for L1', () => {
    // Proven at 3, 4, 7, 8 and 12, each final half a second later.
    expect(finalityBusy(batches)).toBeCloseTo(2.5 / 9.5);
    expect(finalityBusy([])).toBe(0);
  });
});

describe('zipfTransfers', () => {
  it('makes a file that the demo takes whole, with accounts that repeat by rank', () => {
    const text = zipfTransfers(400);
    expect(zipfTransfers(400)).toBe(text);
    const { transfers, skipped } = parseTransfers(text);
    expect(skipped).toEqual([]);
    expect(transfers).toHaveLength(400);
    const uses = new Map<string, number>();
    for (const { from, to } of transfers) {
      expect(from).not.toBe(to);
      for (const address of [from, to]) uses.set(address, (uses.get(address) ?? 0) + 1);
    }
    const first = uses.get(`0x${'1'.padStart(40, '0')}`)!;
    const tenth = uses.get(`0x${'a'.padStart(40, '0')}`)!;
    expect(first).toBeGreaterThan(3 * tenth);
  });
});
