import type { ProofJob, ProofOutcome, ProofResult } from '../../prover/job.ts';
import type { Consumer, ProofSource } from '../../prover/queue.ts';

/** What a faulty worker puts in the place of an honest result. */
export type Fault = (job: ProofJob) => Partial<ProofResult> | Promise<Partial<ProofResult>>;

/**
 * Starts a worker that answers every job at once, with what `fault` says, and that honours its own barring as an honest
 * one does.
 *
 * @param honest a valid result, of whichever job, for the parts that `fault` leaves alone
 * @param seen is given each job that the worker answered
 */
export function startFaultyWorker(
  source: ProofSource,
  worker: string,
  honest: ProofResult,
  fault: Fault,
  seen: ProofJob[] = [],
): Consumer {
  return source.consume(worker, async ({ job }) => {
    if (job.refusedWorkers.includes(worker)) return { kind: 'hand-back', delayMs: 20 };
    seen.push(job);
    const { batch, attempt, inputHash, manifestId } = job;
    const result = { ...honest, batch, attempt, inputHash, manifestId, worker, ...(await fault(job)) };
    // Through JSON, as over Redis, so that faults of type stay possible.
    const outcome: ProofOutcome = JSON.parse(JSON.stringify({ kind: 'proof', result }));
    return outcome;
  });
}
