import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import {
  jobId,
  MAX_LISTED_WORKERS,
  MAX_REST_MS,
  type ProofFailure,
  type ProofJob,
  type ProofResult,
  type ProofTimings,
} from './job.ts';
import { componentLogger } from './log.ts';
import type { Groth16Proof, VerificationKey } from './proof.ts';
import type { ProofQueue } from './queue.ts';
import { verifyProof } from './verify.ts';
import { circuitInputSchema, type PackedInput, packInput } from './witness-input.ts';

/** The artifacts of one shape that the on-chain verifier was built from. */
export interface ShapeKey {
  readonly manifestId: string;
  readonly vkey: VerificationKey;
}

/** A sealed batch that wants a proof. */
export interface ProofRequest {
  readonly batch: number;
  readonly shape: string;
  /** The circuit's input: each signal a decimal string, or nested arrays of them. Checked when it is submitted. */
  readonly witness: object;
  /** The public signals `[C, z, y]` that the proof has to be of, as decimal strings. */
  readonly publicSignals: readonly string[];
}

/** A proof that counts: it holds under the shape's key for exactly the public signals that were asked for. */
export interface VerifiedProof {
  readonly batch: number;
  readonly shape: string;
  readonly proof: Groth16Proof;
  readonly publicSignals: readonly string[];
  readonly worker: string;
  /** How many attempts came before. */
  readonly attempt: number;
  readonly timings: ProofTimings;
  /** Bytes. */
  readonly peakMemory: number | undefined;
}

export interface DispatcherEvents {
  proof: [VerifiedProof];
  /** A worker gave a wrong proof: it is barred from this batch, which is queued again. */
  refused: [{ batch: number; attempt: number; worker: string; reason: string }];
  /** A worker could not prove: it rests for a while, and the batch is queued again for the others. */
  failure: [{ batch: number; attempt: number; failure: ProofFailure }];
}

export interface DispatcherOptions {
  readonly queue: ProofQueue;
  /** By shape name. */
  readonly keys: ReadonlyMap<string, ShapeKey>;
  /** Time between two looks at all unproven batches, ms. */
  readonly sweepMs?: number;
  /** How long a worker leaves a batch to others after it failed on it, ms; doubled with each further failure. */
  readonly restMs?: number;
  readonly logger?: Logger;
}

const DEFAULT_SWEEP_MS = 2000;
const DEFAULT_REST_MS = 1000;

/** A worker's failures on one batch. */
interface Rest {
  readonly failures: number;
  /** Ms since the epoch. */
  readonly until: number;
}

/** One unproven batch. */
interface Pending {
  readonly request: Omit<ProofRequest, 'witness'>;
  readonly key: ShapeKey;
  readonly input: PackedInput;
  /** The newest last. */
  readonly refusedWorkers: Set<string>;
  /** By worker, the newest last. */
  readonly rests: Map<string, Rest>;
  attempt: number;
}

/**
 * The node's side of proving. It keeps every unproven batch in memory and looks at each of them again and again: one
 * that the queue does not know is queued, one that is finished is judged. So it does not matter what the queue loses, or
 * when. Whoever holds the durable truth submits all unproven batches again at the start.
 */
export class ProofDispatcher extends EventEmitter<DispatcherEvents> {
  readonly #queue: ProofQueue;
  readonly #keys: ReadonlyMap<string, ShapeKey>;
  readonly #sweepMs: number;
  readonly #restMs: number;
  readonly #logger: Logger;
  readonly #pending = new Map<number, Pending>();
  /** By batch, the last request for it while its input is packed. */
  readonly #packing = new Map<number, ProofRequest>();
  #sweeping: Promise<void> | undefined;
  #sweepAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #unavailable = false;
  #closed = false;

  constructor(options: DispatcherOptions) {
    super();
    this.#queue = options.queue;
    this.#keys = options.keys;
    this.#sweepMs = options.sweepMs ?? DEFAULT_SWEEP_MS;
    this.#restMs = options.restMs ?? DEFAULT_REST_MS;
    this.#logger = options.logger ?? componentLogger('dispatcher');
    this.#queue.onFinished(() => this.#nudge());
  }

  /** Numbers of the batches that have no proof yet. */
  get unproven(): number[] {
    return [...this.#pending.keys()];
  }

  /**
   * Wants a proof of a batch. Returns when the batch is taken over, not when it is proven; the queue may be away.
   * Submitting the same batch again changes nothing; another batch under the same number takes its place. What happens
   * while the input is packed counts: of two requests the later one holds, and none that was withdrawn.
   *
   * @throws {MillraceError} `input` / `unknown-shape` or `input-corrupt`
   */
  async submit(request: ProofRequest): Promise<void> {
    const key = this.#keys.get(request.shape);
    if (key === undefined) {
      throw new MillraceError('input', 'unknown-shape', `There are no artifacts for shape ${request.shape}`, {
        details: { batch: request.batch, known: [...this.#keys.keys()] },
        fix: 'Build them with millrace setup --shape.',
      });
    }
    const checked = circuitInputSchema.safeParse(request.witness);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      throw new MillraceError('input', 'input-corrupt', 'The witness input is not a circuit input', {
        details: { batch: request.batch, signal: issue?.path.join('.'), problem: issue?.message },
        fix: 'Each input signal is a decimal string or nested arrays of decimal strings.',
      });
    }
    const { batch, shape, publicSignals } = request;
    this.#packing.set(batch, request);
    let input: PackedInput;
    try {
      input = await packInput(checked.data);
      if (this.#packing.get(batch) !== request) return;
    } finally {
      if (this.#packing.get(batch) === request) this.#packing.delete(batch);
    }
    if (this.#pending.get(batch)?.input.hash === input.hash) return;
    const fresh = {
      request: { batch, shape, publicSignals },
      key,
      input,
      refusedWorkers: new Set<string>(),
      rests: new Map<string, Rest>(),
      attempt: 0,
    };
    this.#pending.set(batch, fresh);
    this.#nudge();
  }

  /** Wants no proof of this batch any more, because it was rolled back. */
  withdraw(batch: number): void {
    this.#packing.delete(batch);
    this.#pending.delete(batch);
  }

  /** Stops; what is in the queue stays there. The queue stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sweeping;
  }

  #nudge(): void {
    if (this.#closed) return;
    if (this.#sweeping !== undefined) {
      this.#sweepAgain = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#sweepAgain = false;
    this.#sweeping = this.#sweep().finally(() => {
      this.#sweeping = undefined;
      if (this.#sweepAgain) this.#nudge();
      else this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#closed || this.#pending.size === 0) return;
    this.#timer = setTimeout(() => this.#nudge(), this.#sweepMs);
  }

  async #sweep(): Promise<void> {
    for (const pending of [...this.#pending.values()]) {
      if (this.#closed) return;
      try {
        await this.#look(pending);
        if (this.#unavailable) this.#logger.info('the queue is back');
        this.#unavailable = false;
      } catch (error) {
        // Nothing is lost: the next sweep looks again.
        const reason = error instanceof Error ? error.message : String(error);
        if (error instanceof MillraceError && error.code === 'queue-unavailable') {
          if (!this.#unavailable) this.#logger.warn({ reason, ...error.details }, 'waiting for the queue');
          this.#unavailable = true;
          return;
        }
        this.#logger.error({ batch: pending.request.batch, reason }, 'a batch could not be looked after');
      }
    }
  }

  async #look(pending: Pending): Promise<void> {
    const job = this.#job(pending);
    const id = jobId(job);
    const found = await this.#queue.inspect(id);
    if (this.#pending.get(job.batch) !== pending) return;
    if (found.state === 'missing') {
      await this.#queue.add(job, pending.input);
      this.#logger.debug({ job: id }, 'batch queued');
    } else if (found.state === 'unreadable') {
      this.#logger.warn({ job: id, problem: found.problem }, 'unreadable entry in the queue: dropped');
      await this.#again(pending, id);
    } else if (found.state === 'finished' && found.outcome.kind === 'proof') {
      await this.#judge(pending, id, found.outcome.result);
    } else if (found.state === 'finished' && found.outcome.kind === 'failure') {
      await this.#failed(pending, id, found.outcome.failure);
    } else if (found.state === 'live' && found.job.manifestId !== job.manifestId) {
      // Left over from before the artifacts were changed: no worker of today takes it.
      await this.#again(pending, id);
    }
  }

  async #judge(pending: Pending, id: string, result: ProofResult): Promise<void> {
    const { batch, shape, publicSignals } = pending.request;
    const reason = await this.#flaw(pending, result);
    if (this.#pending.get(batch) !== pending) return;
    if (reason === 'other artifacts') return this.#again(pending, id);
    if (reason !== undefined) {
      this.#logger.error(
        { job: id, worker: result.worker, reason },
        'wrong proof: refused, worker barred from this batch',
      );
      pending.refusedWorkers.delete(result.worker);
      pending.refusedWorkers.add(result.worker);
      keepNewest(pending.refusedWorkers);
      this.emit('refused', { batch, attempt: pending.attempt, worker: result.worker, reason });
      return this.#again(pending, id);
    }
    const { proof, worker, timings, peakMemory } = result;
    // A listener that throws has not kept the proof: then the batch stays unproven, and the next look offers it again.
    this.emit('proof', {
      batch,
      shape,
      proof,
      publicSignals,
      worker,
      attempt: pending.attempt,
      timings,
      peakMemory,
    });
    this.#pending.delete(batch);
    await this.#queue.remove(id, pending.input.hash);
  }

  /** What is wrong with a result; undefined when it is a proof of what was asked for. */
  async #flaw(pending: Pending, result: ProofResult): Promise<string | undefined> {
    const { batch, publicSignals } = pending.request;
    if (result.batch !== batch || result.attempt !== pending.attempt) return 'result of another job';
    if (result.inputHash !== pending.input.hash) return 'result for another input';
    if (result.manifestId !== pending.key.manifestId) return 'other artifacts';
    if (result.publicSignals.join() !== publicSignals.join()) return 'proof of other public signals';
    if (!(await verifyProof(pending.key.vkey, publicSignals, result.proof))) return 'proof does not verify';
    return undefined;
  }

  async #failed(pending: Pending, id: string, failure: ProofFailure): Promise<void> {
    const { batch } = pending.request;
    const { code, message, details, worker } = failure;
    const failures = (pending.rests.get(worker)?.failures ?? 0) + 1;
    const restMs = Math.min(this.#restMs * 2 ** Math.min(failures - 1, 16), MAX_REST_MS);
    pending.rests.delete(worker);
    pending.rests.set(worker, { failures, until: Date.now() + restMs });
    keepNewest(pending.rests);
    this.#logger.warn({ job: id, worker, code, details, restMs }, `proving failed: ${message}`);
    this.emit('failure', { batch, attempt: pending.attempt, failure });
    await this.#again(pending, id);
  }

  /** Gives the batch up under this job id; the next look queues it under the next one. */
  async #again(pending: Pending, id: string): Promise<void> {
    pending.attempt += 1;
    this.#sweepAgain = true;
    await this.#queue.remove(id, pending.input.hash);
  }

  #job({ request, key, input, attempt, refusedWorkers, rests }: Pending): ProofJob {
    const { batch, shape } = request;
    return {
      batch,
      attempt,
      shape,
      inputHash: input.hash,
      manifestId: key.manifestId,
      refusedWorkers: [...refusedWorkers],
      restingWorkers: Array.from(rests, ([worker, { until }]) => ({ worker, until })),
    };
  }
}

/** Drops the oldest workers of a list that is too long for a job. */
function keepNewest(workers: Set<string> | Map<string, Rest>): void {
  for (const worker of workers.keys()) {
    if (workers.size <= MAX_LISTED_WORKERS) return;
    workers.delete(worker);
  }
}
