import type { ProofJob, ProofOutcome } from './job.ts';
import type { PackedInput } from './witness-input.ts';

/** What the queue knows of a job. */
export type JobInspection =
  | { readonly state: 'missing' }
  /** Waiting, delayed or in a worker's hands. */
  | { readonly state: 'live'; readonly job: ProofJob }
  | { readonly state: 'finished'; readonly job: ProofJob; readonly outcome: ProofOutcome }
  /** There is something under this id that is not a job or outcome of ours. */
  | { readonly state: 'unreadable'; readonly problem: string };

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
}

/**
 * The dispatcher's end of the proof queue. It is transport, not storage: everything in it may vanish at any
 * moment, and the dispatcher then adds it again. Delivery is at least once.
 *
 * Every method rejects with a MillraceError `refused` / `queue-unavailable` while the queue cannot be reached.
 */
export interface ProofQueue {
  /** Stores the input and queues the job. Adding a job that is there already, in any state, changes nothing. */
  add(job: ProofJob, input: PackedInput): Promise<void>;
  inspect(jobId: string): Promise<JobInspection>;
  /** Forgets a job and its input; a job in a worker's hands stays. Unknown ids are ignored. */
  remove(jobId: string, inputHash: string): Promise<void>;
  counts(): Promise<QueueCounts>;
  /** Calls the listener when a job may have finished. A hint that saves waiting: it can be missing or come twice. */
  onFinished(listener: (jobId: string) => void): void;
  close(): Promise<void>;
}

/** A job in a worker's hands. */
export interface Delivery {
  readonly job: ProofJob;
  /** The packed input, or undefined when it is gone. */
  readInput(): Promise<Uint8Array | undefined>;
  /** Aborted when the job is no longer this worker's (its lock ran out, the queue was emptied): stop working on it. */
  readonly signal: AbortSignal;
}

/** What a handler did with its delivery: finished it, or leaves it to whoever takes it after `delayMs`. */
export type DeliveryEnd = ProofOutcome | { readonly kind: 'hand-back'; readonly delayMs: number };

export type DeliveryHandler = (delivery: Delivery) => Promise<DeliveryEnd>;

export interface Consumer {
  /**
   * Takes no more jobs and waits for the one in hand. With `abandon` it does not wait: the job in hand
   * goes to another worker, at once or when its lock has run out.
   */
  stop(options?: { abandon?: boolean }): Promise<void>;
}

/** The workers' end of the proof queue. */
export interface ProofSource {
  /**
   * Takes jobs one at a time and gives each to the handler. The handler must not block the event loop:
   * the job's lock is kept alive from there. A handler that throws ends the job with a failure.
   */
  consume(workerId: string, handler: DeliveryHandler): Consumer;
  close(): Promise<void>;
}
