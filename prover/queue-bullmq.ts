import { type Job, Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import { jobId, type ProofJob, proofJobSchema, proofOutcomeSchema } from './job.ts';
import { componentLogger } from './log.ts';
import type { JobInspection, ProofQueue, QueueCounts } from './queue.ts';
import { connectRedis } from './redis-connection.ts';
import { inputKey, storeInput } from './redis-input.ts';
import type { PackedInput } from './witness-input.ts';

/** BullMQ's queue name and key prefix. Workers find their jobs under the same names. */
export const QUEUE_NAME = 'proofs';
export const QUEUE_PREFIX = 'millrace';

/** Longest time for one operation on Redis, ms, before it counts as unreachable. */
const OPERATION_TIMEOUT_MS = 10_000;
/** Finished jobs that nobody fetched are forgotten after a day. */
const KEEP_FINISHED = { age: 24 * 3600, count: 10_000 };

/** The dispatcher's end of the proof queue on Redis. */
export class BullmqProofQueue implements ProofQueue {
  readonly #redis: Redis;
  readonly #eventRedis: Redis;
  readonly #queue: Queue;
  readonly #events: QueueEvents;

  /**
   * @param options.redisUrl as for {@link connectRedis}. Redis may be away: operations reject until it is back.
   */
  constructor({ redisUrl, logger = componentLogger('proof-queue') }: { redisUrl: string; logger?: Logger }) {
    this.#redis = connectRedis(redisUrl, logger, { maxRetriesPerRequest: 1 });
    this.#eventRedis = connectRedis(redisUrl, undefined, { maxRetriesPerRequest: null });
    this.#queue = new Queue(QUEUE_NAME, { connection: this.#redis, prefix: QUEUE_PREFIX });
    this.#events = new QueueEvents(QUEUE_NAME, { connection: this.#eventRedis, prefix: QUEUE_PREFIX });
    const onError = (error: Error): void => logger.debug({ reason: error.message }, 'proof queue error');
    this.#queue.on('error', onError);
    this.#events.on('error', onError);
  }

  async add(job: ProofJob, input: PackedInput): Promise<void> {
    const checked = proofJobSchema.parse(job);
    await this.#operation(async () => {
      await storeInput(this.#redis, input);
      await this.#queue.add('prove', checked, {
        jobId: jobId(checked),
        attempts: 1,
        removeOnComplete: KEEP_FINISHED,
        removeOnFail: KEEP_FINISHED,
      });
    });
  }

  async inspect(id: string): Promise<JobInspection> {
    return this.#operation(async () => {
      // The state first: what is read of the job afterwards is at least as new.
      const state = await this.#queue.getJobState(id);
      const stored: Job | undefined = state === 'unknown' ? undefined : await this.#queue.getJob(id);
      if (stored === undefined) return { state: 'missing' };
      const job = proofJobSchema.safeParse(stored.data);
      if (!job.success) return { state: 'unreadable', problem: 'job data' };
      if (state === 'completed') {
        const outcome = proofOutcomeSchema.safeParse(stored.returnvalue);
        if (!outcome.success) return { state: 'unreadable', problem: 'job result' };
        return { state: 'finished', job: job.data, outcome: outcome.data };
      }
      if (state === 'failed') {
        const message = stored.failedReason ?? 'the worker gave no reason';
        const failure = { worker: 'unknown', code: 'job-failed', message: message.slice(0, 4096) };
        return { state: 'finished', job: job.data, outcome: { kind: 'failure', failure } };
      }
      return { state: 'live', job: job.data };
    });
  }

  async remove(id: string, inputHash: string): Promise<void> {
    await this.#operation(async () => {
      const removed = await this.#queue.remove(id);
      if (removed === 1) await this.#redis.del(inputKey(inputHash));
    });
  }

  async counts(): Promise<QueueCounts> {
    return this.#operation(async () => {
      const counts = await this.#queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active');
      const { active = 0, ...waiting } = counts;
      return { waiting: Object.values(waiting).reduce((sum, count) => sum + count, 0), active };
    });
  }

  onFinished(listener: (jobId: string) => void): void {
    this.#events.on('completed', ({ jobId: id }) => listener(id));
    this.#events.on('failed', ({ jobId: id }) => listener(id));
  }

  async close(): Promise<void> {
    // With Redis away BullMQ's own close waits for it: cutting the connections ends the waiting.
    const closing = Promise.allSettled([this.#events.close(), this.#queue.close()]);
    this.#eventRedis.disconnect();
    this.#redis.disconnect();
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
  }

  async #operation<T>(run: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('timed out')), OPERATION_TIMEOUT_MS);
    });
    try {
      return await Promise.race([run(), timeout]);
    } catch (cause) {
      throw new MillraceError('refused', 'queue-unavailable', 'The proof queue in Redis cannot be used now', {
        details: { reason: cause instanceof Error ? cause.message : String(cause) },
        fix: 'Start Redis again, or correct REDIS_URL; nothing is lost meanwhile.',
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}
