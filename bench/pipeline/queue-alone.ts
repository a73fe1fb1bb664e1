import type { Redis } from 'ioredis';
import { shapeByName } from '../../protocol/shape.ts';
import { jobId, type ProofJob } from '../../prover/job.ts';
import { componentLogger } from '../../prover/log.ts';
import { BullmqProofQueue } from '../../prover/queue-bullmq.ts';
import { startPrivateRedis } from '../../prover/redis.ts';
import { connectRedis } from '../../prover/redis-connection.ts';
import { BullmqProofSource } from '../../prover/source-bullmq.ts';
import { packInput, parseCircuitInput } from '../../prover/witness-input.ts';
import { trapdoorKey } from '../../scripts/trapdoor-key.ts';
import { fullBatch } from '../full-batch.ts';

const MANIFEST_ID = 'bench';
const WORKER = 'bench';

/**
 * CPU seconds of Redis for each job, from its adding with the input of a full batch to its removal with a proof, taken by a worker
 * that answers at once. Undefined where there is no Redis on this machine.
 *
 * @param jobs one after another
 */
export async function redisSecondsPerJob(shape: string, jobs: number): Promise<number | undefined> {
  const logger = componentLogger('bench');
  const server = await startPrivateRedis({ logger });
  if (server === undefined) return undefined;
  const redis = connectRedis(server.url, logger, { maxRetriesPerRequest: 1 });
  const queue = new BullmqProofQueue({ redisUrl: server.url, logger });
  const source = new BullmqProofSource({ redisUrl: server.url, logger });
  const key = await trapdoorKey(1);
  const input = await packInput(parseCircuitInput(JSON.stringify(fullBatch(shapeByName(shape)).witness)));
  const waiting = new Map<string, () => void>();
  queue.onFinished((id) => waiting.get(id)?.());
  const consumer = source.consume(WORKER, async ({ job, readInput }) => {
    await readInput();
    const { batch, attempt, inputHash, manifestId } = job;
    const proof = key.prove([1n, 2n, 3n]);
    const timings = { witnessMs: 0, proveMs: 0, totalMs: 0 };
    const publicSignals = ['1', '2', '3'];
    return {
      kind: 'proof',
      result: { batch, attempt, worker: WORKER, inputHash, manifestId, proof, publicSignals, timings },
    };
  });
  try {
    const before = await cpuSeconds(redis);
    for (let batch = 0; batch < jobs; batch++) {
      const lists = { refusedWorkers: [], restingWorkers: [] };
      const job: ProofJob = {
        batch,
        attempt: 0,
        shape,
        inputHash: input.hash,
        manifestId: MANIFEST_ID,
        ...lists,
      };
      const finished = new Promise<void>((resolve) => {
        waiting.set(jobId(job), resolve);
      });
      await queue.add(job, input);
      await finished;
      await queue.inspect(jobId(job));
      await queue.remove(jobId(job), input.hash);
    }
    return ((await cpuSeconds(redis)) - before) / jobs;
  } finally {
    await consumer.stop({ abandon: true });
    await source.close();
    await queue.close();
    redis.disconnect();
    await server.stop();
  }
}

/** User and system time since the server's start. */
async function cpuSeconds(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const value = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]);
  return value('used_cpu_user') + value('used_cpu_sys');
}
