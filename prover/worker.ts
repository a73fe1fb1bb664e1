import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { BackendChoice } from './backend.ts';
import { plainFailure } from './failure.ts';
import { jobId, MAX_REST_MS, type ProofJob, type ProofOutcome } from './job.ts';
import { componentLogger } from './log.ts';
import type { VerificationKey } from './proof.ts';
import { ProverChild } from './prover-child.ts';
import type { Consumer, Delivery, DeliveryEnd, ProofSource } from './queue.ts';

/** What a worker needs of one shape's artifacts. */
export interface WorkerArtifacts {
  /** Id of the manifest that lists the hashes of these very files. */
  readonly manifestId: string;
  /** Path of circom's witness calculator. */
  readonly wasm: string;
  /** Path of the proving key. */
  readonly zkey: string;
  /** What verifies that key's proofs. */
  readonly vkey: VerificationKey;
}

export interface WorkerOptions {
  readonly source: ProofSource;
  /** Jobs for other artifacts are left to other workers. */
  readonly artifacts: readonly WorkerArtifacts[];
  readonly backend: BackendChoice;
  /** Unique among all workers; made of host, process and chance by default. */
  readonly workerId?: string;
  /** Longest time for one witness and proof, ms; half an hour by default. */
  readonly timeoutMs?: number;
  /** How long a job that this worker must leave to others is out of its sight, ms. */
  readonly handBackMs?: number;
  readonly logger?: Logger;
}

const DEFAULT_TIMEOUT_MS = 30 * 60_000;
const DEFAULT_HAND_BACK_MS = 1000;
/** How long a stopping worker tries to hand its job back, ms. With Redis away it cannot: then the lock runs out. */
const HAND_BACK_TIMEOUT_MS = 3000;

/**
 * Starts a worker: it takes jobs from the source and proves them in a child process, one at a time. This process does
 * bookkeeping only, so that the job's lock stays alive while the child computes.
 */
export function startWorker(options: WorkerOptions): ProofWorker {
  return new ProofWorker(options);
}

export class ProofWorker {
  readonly id: string;
  readonly #options: WorkerOptions;
  readonly #logger: Logger;
  readonly #child: ProverChild;
  readonly #consumer: Consumer;
  readonly #giveUp = new AbortController();

  constructor(options: WorkerOptions) {
    this.id = options.workerId ?? `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
    this.#options = options;
    this.#logger = (options.logger ?? componentLogger('worker')).child({ worker: this.id });
    this.#child = new ProverChild(this.#logger);
    this.#consumer = options.source.consume(this.id, (delivery) => this.#handle(delivery));
    this.#logger.info(
      { manifests: options.artifacts.map(({ manifestId }) => manifestId), backend: options.backend },
      'worker started',
    );
  }

  /** Process id of the prover child, while there is one. */
  get proverPid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Stops: takes no more jobs, gives the one in hand `graceMs` to finish, then hands it back. The source stays open.
   *
   * @param graceMs 0 hands the job back at once
   */
  async stop(graceMs = 0): Promise<void> {
    const stopped = this.#consumer.stop();
    const settled = new AbortController();
    const wait = { signal: settled.signal };
    const late = sleep(graceMs, undefined, wait).then(() => {
      this.#giveUp.abort();
      return sleep(HAND_BACK_TIMEOUT_MS, undefined, wait);
    });
    await Promise.race([stopped, late]);
    settled.abort();
    await late.catch(() => undefined); // cut short
    await this.#child.kill();
    this.#logger.info('worker stopped');
  }

  async #handle(delivery: Delivery): Promise<DeliveryEnd> {
    const { job } = delivery;
    const log = this.#logger.child({ job: jobId(job), shape: job.shape });
    const handBackMs = this.#options.handBackMs ?? DEFAULT_HAND_BACK_MS;
    if (job.refusedWorkers.includes(this.id)) {
      log.debug('job left to others: a proof of ours for it was refused');
      return { kind: 'hand-back', delayMs: handBackMs };
    }
    const restMs = this.#restMs(job);
    if (restMs > 0) {
      log.debug({ restMs }, 'job left to others for now: we failed on it');
      return { kind: 'hand-back', delayMs: Math.min(restMs, handBackMs) };
    }
    const artifacts = this.#options.artifacts.find(({ manifestId }) => manifestId === job.manifestId);
    if (artifacts === undefined) {
      log.error(
        { expected: job.manifestId, found: this.#options.artifacts.map(({ manifestId }) => manifestId) },
        'job refused: none of our artifacts are those that the on-chain verifier was built from',
      );
      return { kind: 'hand-back', delayMs: handBackMs };
    }
    const started = performance.now();
    const input = await delivery.readInput();
    if (input === undefined) {
      const failure = {
        worker: this.id,
        code: 'input-missing',
        message: 'The witness input is not in the queue',
      };
      return { kind: 'failure', failure };
    }
    const signal = AbortSignal.any([delivery.signal, this.#giveUp.signal]);
    try {
      const { wasm, zkey, vkey, manifestId } = artifacts;
      const { shape, inputHash, batch, attempt } = job;
      const request = { shape, inputHash, input, wasm, zkey, vkey, backend: this.#options.backend };
      const reply = await this.#child.request(request, {
        timeoutMs: this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        signal,
      });
      if (reply.kind === 'failure') return this.#failed(log, reply);
      const { proof, publicSignals, witnessMs, proveMs, programDropped, peakMemory } = reply;
      if (programDropped) {
        const reason =
          'the witness program is wrong, using the slower WASM: remove circuit.program and run millrace setup';
        log.warn({ wasm }, reason);
      }
      const timings = { witnessMs, proveMs, totalMs: performance.now() - started };
      log.info({ timings, peakMemory }, 'proof made');
      const result = {
        batch,
        attempt,
        worker: this.id,
        inputHash,
        manifestId,
        proof,
        publicSignals,
        timings,
        peakMemory,
      };
      return { kind: 'proof', result };
    } catch (error) {
      if (signal.aborted) {
        log.info({ lockLost: delivery.signal.aborted }, 'job handed back');
        return { kind: 'hand-back', delayMs: 0 };
      }
      return this.#failed(log, plainFailure(error));
    }
  }

  /** How long this worker still leaves a job to others because it failed on the batch, ms. */
  #restMs(job: ProofJob): number {
    const until = job.restingWorkers.find(({ worker }) => worker === this.id)?.until ?? 0;
    const restMs = until - Date.now();
    // Nobody is told to rest for longer: then this machine's clock and the node's differ.
    return restMs > MAX_REST_MS ? 0 : restMs;
  }

  #failed(
    log: Logger,
    { code, message, details }: { code: string; message: string; details: Record<string, unknown> },
  ): ProofOutcome {
    log.warn({ code, details }, `job failed: ${message}`);
    return { kind: 'failure', failure: { worker: this.id, code, message, details } };
  }
}
