import type { BatchReport } from '../../scripts/demo/report.ts';

/** A proof: by whom, and when it was there, ms on any one clock. */
export type Proven = Pick<BatchReport, 'worker' | 'provenAtMs'>;

/** When a worker had a batch: ms on the demo's clock, which is the node's. */
interface Job {
  readonly busy: number;
  /** Proven, as the node sees it. */
  readonly endedAt: number;
  readonly sealedAt: number;
}

/**
 * What the queue costs: the time from one proof of a worker to its next one less what it worked on that next one, where that
 * batch was waiting already. It holds the hand-over of both, and the node's check of the proof as far as the worker waits for it. One
 * for each such pair, seconds; single ones may be below zero, since the node sees a proof a little after the worker is done with it.
 */
export function queueGaps(batches: readonly BatchReport[]): number[] {
  return pairsOf(batches)
    .filter(([before, job]) => job.sealedAt <= before.endedAt - before.busy)
    .map(([before, job]) => (job.endedAt - before.endedAt - job.busy) / 1000);
}

/** How long batches waited for a worker, seconds. */
export function queueWaits(batches: readonly BatchReport[]): number[] {
  return batches
    .map(jobOf)
    .map(({ busy, endedAt, sealedAt }) => Math.max(0, endedAt - busy - sealedAt) / 1000);
}

/**
 * Proofs a second while all workers are at work: for each worker those after its first one, by the time from the first to the
 * last. So neither the opening of keys counts nor the end, where some have nothing left to do. 0 where no worker made two.
 */
export function steadyRate(proofs: readonly Proven[]): number {
  let rate = 0;
  for (const own of Map.groupBy(proofs, ({ worker }) => worker).values()) {
    const times = own.map(({ provenAtMs }) => provenAtMs);
    const window = Math.max(...times) - Math.min(...times);
    if (window > 0) rate += (1000 * (times.length - 1)) / window;
  }
  return rate;
}

/** Share of the workers' time, from each one's first proof to its last, that they spent with witnesses and proofs. */
export function workersBusy(batches: readonly BatchReport[]): number {
  const pairs = pairsOf(batches);
  const busy = pairs.reduce((sum, [, job]) => sum + job.busy, 0);
  const all = pairs.reduce((sum, [before, job]) => sum + job.endedAt - before.endedAt, 0);
  return all === 0 ? 0 : Math.min(1, busy / all);
}

/** Share of the time from the first proof to the last finality in which L1 had a proven batch to finalize. */
export function finalityBusy(batches: readonly BatchReport[]): number {
  const waits = batches
    .map(({ provenAtMs, finalAtMs }) => [provenAtMs, finalAtMs] as const)
    .sort(([a], [b]) => a - b);
  const first = waits[0]?.[0] ?? 0;
  let [busy, until] = [0, first];
  for (const [from, to] of waits) {
    busy += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return until === first ? 0 : busy / (until - first);
}

/** Each job with the one before it of the same worker. */
function pairsOf(batches: readonly BatchReport[]): [before: Job, job: Job][] {
  return jobsByWorker(batches).flatMap((jobs) => jobs.slice(1).map((job, i): [Job, Job] => [jobs[i]!, job]));
}

/** In the order of their ends. */
function jobsByWorker(batches: readonly BatchReport[]): Job[][] {
  const groups = Map.groupBy(batches, ({ worker }) => worker);
  return [...groups.values()].map((own) => own.map(jobOf).sort((a, b) => a.endedAt - b.endedAt));
}

function jobOf({ witnessMs, proveMs, provenAtMs, sealedAtMs }: BatchReport): Job {
  return { busy: witnessMs + proveMs, endedAt: provenAtMs, sealedAt: sealedAtMs };
}
