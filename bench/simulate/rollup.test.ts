import { describe, expect, it } from 'vitest';
import { type Model, NO_FAILURES } from './model.ts';
import { simulate } from './rollup.ts';

const model: Model = {
  arrivals: 10,
  batch: { size: 20, age: 10 },
  node: { threads: 1, admission: 0.0005, batch: 0.01 },
  redis: { job: 0.001 },
  workers: { count: 8, prove: [8, 9, 10], handOver: 0.01 },
  failures: NO_FAILURES,
  l1: {
    slot: 12,
    blockGas: 30e6,
    callGas: (batches) => 200_000 + 60_000 * batches,
    mostBatches: 32,
    mostCalls: Number.POSITIVE_INFINITY,
    blobGas: 0,
    patience: 0,
    confirmations: 1,
  },
};
const run = (changed: Partial<Model> = {}, seed = 1) =>
  simulate({ ...model, ...changed }, { seed, seconds: 6_000 });

describe('a simulated rollup', () => {
  it('is the same for the same seed', () => {
    expect(run()).toEqual(run());
    expect(run({}, 2)).not.toEqual(run());
  });

  it('passes on what arrives, and takes at least proof, half a block and a confirmation', () => {
    const { transfersPerSecond, latency, utilization, workerSecondsPerTransfer } = run();
    expect(transfersPerSecond).toBeCloseTo(10, 0);
    expect(latency!.p50).toBeGreaterThan(9 + 6 + 12);
    expect(latency!.p50).toBeLessThan(latency!.p95);
    // Half a batch a second, of nine seconds each, by eight workers.
    expect(utilization.workers).toBeCloseTo((0.5 * 9.01) / 8, 1);
    expect(utilization.node).toBeCloseTo(0.5 * 0.02, 2);
    expect(workerSecondsPerTransfer).toBeCloseTo(9.01 / 20, 1);
  });

  it('proves as much as its workers can when more arrives', () => {
    const { transfersPerSecond, utilization } = run({ arrivals: 100 });
    expect(transfersPerSecond).toBeCloseTo((8 / 9.01) * 20, 0);
    expect(utilization.workers).toBeCloseTo(1, 1);
  });

  it('finalizes as much as the blocks have gas for', () => {
    const { transfersPerSecond, utilization } = run({ l1: { ...model.l1, blockGas: 270_000 } });
    expect(transfersPerSecond).toBeCloseTo(20 / 12, 1);
    expect(utilization.L1).toBeGreaterThan(0.9);
  });

  it('finalizes as much as there are blobs for, and pays for each', () => {
    const blobs = { ...model.l1, mostBatches: 3, mostCalls: 1, blobGas: 131_072 };
    const { transfersPerSecond, utilization, blobGasPerTransfer } = run({ l1: blobs });
    expect(transfersPerSecond).toBeCloseTo((3 * 20) / 12, 0);
    expect(utilization.L1).toBeCloseTo(1, 1);
    expect(blobGasPerTransfer).toBeCloseTo(131_072 / 60, -2);
    expect(run().blobGasPerTransfer).toBe(0);
  });

  it('takes in as much as one thread of the node can', () => {
    const node = { threads: 1, admission: 0.2, batch: 0 };
    expect(run({ node }).transfersPerSecond).toBeCloseTo(5, 0);
    expect(run({ node: { ...node, threads: 3 } }).transfersPerSecond).toBeCloseTo(10, 0);
  });

  it('closes a batch that grows old', () => {
    const old = run({ arrivals: 0.2 });
    expect(old.transfersPerSecond).toBeCloseTo(0.2, 1);
    expect(old.gasPerTransfer).toBeGreaterThan(3 * run().gasPerTransfer);
  });

  it('waits for others to share a call, as long as it may', () => {
    const patient = run({ l1: { ...model.l1, patience: 60 } });
    expect(patient.gasPerTransfer).toBeLessThan(run().gasPerTransfer);
    expect(patient.latency!.p50).toBeGreaterThan(run().latency!.p50);
  });
});

describe('failures', () => {
  const failing = (failures: Partial<typeof NO_FAILURES>) =>
    run({ failures: { ...NO_FAILURES, ...failures } });
  const sound = run();

  it('lose nothing: all transfers become final, later', () => {
    for (const failures of [
      { crashesAnHour: 60 },
      { lostJobs: 0.2 },
      { failedTransactions: 0.3 },
      { reorgs: 0.3 },
    ]) {
      const { transfersPerSecond, latency } = failing(failures);
      expect(transfersPerSecond).toBeCloseTo(10, 0);
      expect(latency!.p99).toBeGreaterThan(sound.latency!.p99);
    }
  });

  it('make a failed transaction pay, and a dropped block not', () => {
    expect(failing({ failedTransactions: 0.3 }).gasPerTransfer).toBeGreaterThan(1.2 * sound.gasPerTransfer);
    expect(failing({ reorgs: 0.3 }).gasPerTransfer).toBeLessThanOrEqual(sound.gasPerTransfer);
  });
});
