import type { Logger } from 'pino';
import type { BackendChoice } from './backend.ts';
import { ProofDispatcher, type ShapeKey } from './dispatcher.ts';
import { LocalWorkers } from './local-workers.ts';
import { componentLogger } from './log.ts';
import type { ProofQueue } from './queue.ts';
import { BullmqProofQueue } from './queue-bullmq.ts';
import { EmbeddedProofQueue } from './queue-embedded.ts';
import { startPrivateRedis } from './redis.ts';
import { startWorker, type WorkerArtifacts } from './worker.ts';

/** Everything about one shape: what workers prove with, and what their proofs are judged by. */
export interface ProvingShape extends WorkerArtifacts, ShapeKey {}

export interface ProvingOptions {
  /** A Redis that others run, which workers on other machines share; without it we run what we need ourselves. */
  readonly redisUrl?: string;
  /** By shape name. */
  readonly shapes: ReadonlyMap<string, ProvingShape>;
  /** Workers to run on this machine; 0 when others run them. */
  readonly workers: number;
  readonly backend: BackendChoice;
  /** As for a worker, ms. */
  readonly timeoutMs?: number;
  readonly logger?: Logger;
}

/** What carries the jobs: a Redis of others, a private one, or this process alone because there is no Redis here. */
export type Transport = 'redis' | 'private-redis' | 'embedded';

/** A node's proving side as it runs. */
export interface Proving {
  readonly transport: Transport;
  readonly dispatcher: ProofDispatcher;
  readonly queue: ProofQueue;
  /** Process ids of the workers on this machine; empty when they are loops in this process. */
  readonly workerPids: () => number[];
  /** Stops the dispatcher, the workers (jobs in hand go back) and the private Redis, in this order. */
  stop(): Promise<void>;
}

/** Starts a node's proving side: queue, dispatcher, and workers on this machine. */
export async function startProving(options: ProvingOptions): Promise<Proving> {
  const logger = options.logger ?? componentLogger('proving');
  const { backend, timeoutMs } = options;
  const artifacts = [...options.shapes.values()];
  const privateRedis = options.redisUrl === undefined ? await startPrivateRedis({ logger }) : undefined;
  const redisUrl = options.redisUrl ?? privateRedis?.url;

  if (redisUrl === undefined) {
    const queue = new EmbeddedProofQueue();
    const dispatcher = new ProofDispatcher({ queue, keys: options.shapes, logger });
    const workers = Array.from({ length: options.workers }, () =>
      startWorker({ source: queue, artifacts, backend, timeoutMs, logger }),
    );
    const stop = async (): Promise<void> => {
      await dispatcher.close();
      await Promise.all(workers.map((worker) => worker.stop()));
      await queue.close();
    };
    return { transport: 'embedded', dispatcher, queue, workerPids: () => [], stop };
  }

  const queue = new BullmqProofQueue({ redisUrl, logger });
  const dispatcher = new ProofDispatcher({ queue, keys: options.shapes, logger });
  const workers = new LocalWorkers({
    count: options.workers,
    redisUrl,
    artifacts,
    backend,
    timeoutMs,
    logger,
  });
  const stop = async (): Promise<void> => {
    await dispatcher.close();
    await workers.stop();
    await queue.close();
    await privateRedis?.stop();
  };
  const transport = privateRedis === undefined ? 'redis' : 'private-redis';
  return { transport, dispatcher, queue, workerPids: () => workers.pids, stop };
}
