import { DelayedError, type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { type ProofOutcome, proofJobSchema } from './job.ts';
import { componentLogger } from './log.ts';
import type { Consumer, DeliveryHandler, ProofSource } from './queue.ts';
import { QUEUE_NAME, QUEUE_PREFIX } from './queue-bullmq.ts';
import { connectRedis } from './redis-connection.ts';
import { loadInput } from './redis-input.ts';

export interface BullmqSourceOptions {
  /** As for `connectRedis`. */
  readonly redisUrl: string;
  /** A worker silent for this long loses its job, ms. Heartbeats go out at half of it. */
  readonly lockMs?: number;
  /** Time between two looks for jobs whose worker went silent, ms. */
  readonly stalledCheckMs?: number;
  readonly logger?: Logger;
}

/** How often a job may be taken from silent workers before it is given back to the dispatcher as failed. */
const MAX_STALLED = 10;

/** The workers' end of the proof queue on Redis. */
export class BullmqProofSource implements ProofSource {
  readonly #redis: Redis;
  readonly #lockMs: number;
  readonly #stalledCheckMs: number;
  readonly #logger: Logger;

  constructor(options: BullmqSourceOptions) {
    this.#logger = options.logger ?? componentLogger('proof-source');
    this.#lockMs = options.lockMs ?? 10_000;
    this.#stalledCheckMs = options.stalledCheckMs ?? 3000;
    this.#redis = connectRedis(options.redisUrl, this.#logger, { maxRetriesPerRequest: null });
  }

  consume(workerId: string, handler: DeliveryHandler): Consumer {
    const process = async (job: Job, token?: string, signal?: AbortSignal): Promise<ProofOutcome> => {
      const end = await handler({
        job: proofJobSchema.parse(job.data),
        readInput: () => loadInput(this.#redis, job.data.inputHash),
        signal: signal ?? new AbortController().signal,
      });
      if (end.kind !== 'hand-back') return end;
      await job.moveToDelayed(Date.now() + end.delayMs, token);
      throw new DelayedError();
    };
    const worker = new Worker<unknown, ProofOutcome>(
      QUEUE_NAME,
      // The three-argument form is how BullMQ knows that the processor listens to the signal.
      (job, token, signal) => process(job, token, signal),
      {
        connection: this.#redis,
        prefix: QUEUE_PREFIX,
        name: workerId,
        concurrency: 1,
        lockDuration: this.#lockMs,
        stalledInterval: this.#stalledCheckMs,
        maxStalledCount: MAX_STALLED,
        // Redis may be gone for a while with a finished proof in hand: try to deliver it often.
        runRetryDelay: 2000,
      },
    );
    worker.on('error', (error) => this.#logger.debug({ reason: error.message }, 'proof source error'));
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id, 'lock lost');
    });
    return { stop: ({ abandon = false } = {}) => worker.close(abandon) };
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}
