import type { BatchReport } from '../../scripts/demo/report.ts';

/** When a worker had a batch: ms on the demo's clock. */
interface Job {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly sealedAt: number;
}

/**
 * What the queue costs: the time between the end of a worker's proof and the start of its next one, where that next
 * batch was waiting already. It holds the hand-over of both, and the check of the proof. Seconds, one for each such pair.
 */
export function queueGaps(batches: readonly BatchReport[]): number[] {
  const gaps: number[] = [];
  for (const [, own] of Map.groupBy(batches, ({ worker }) => worker)) {
    const jobs = own.map(jobOf).sort((a, b) => a.endedAt - b.endedAt);
    for (const [i, job] of jobs.entries()) {
      const before = jobs[i - 1];
      if (before === undefined || job.sealedAt > before.endedAt) continue;
      gaps.push(Math.max(0, job.startedAt - before.endedAt) / 1000);
    }
  }
  return gaps;
}

/** How long batches waited for a worker, seconds. */
export function queueWaits(batches: readonly BatchReport[]): number[] {
  return batches.map(jobOf).map(({ startedAt, sealedAt }) => Math.max(0, startedAt - sealedAt) / 1000);
}

/** Share of the time from the first start to the last proof that the workers spent with witnesses and proofs. */
export function workersBusy(batches: readonly BatchReport[], workers: number): number {
  const jobs = batches.map(jobOf);
  const busy = jobs.reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0);
  const window =
    Math.max(...jobs.map(({ endedAt }) => endedAt)) - Math.min(...jobs.map(({ startedAt }) => startedAt));
  return busy / (workers * window);
}

function jobOf({ witnessMs, proveMs, provenAtMs, sealedAtMs }: BatchReport): Job {
  return { startedAt: provenAtMs - witnessMs - proveMs, endedAt: provenAtMs, sealedAt: sealedAtMs };
}
