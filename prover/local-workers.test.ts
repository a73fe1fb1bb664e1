import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import { ProofDispatcher, type VerifiedProof } from './dispatcher.ts';
import { LocalWorkers } from './local-workers.ts';
import { componentLogger } from './log.ts';
import { parseProofFile, verificationKeySchema } from './proof.ts';
import { BullmqProofQueue } from './queue-bullmq.ts';
import { type PrivateRedis, startPrivateRedis } from './redis.ts';
import { THREADS_VARIABLE, threadsOfEach } from './threads.ts';

const WAIT = { timeout: 60_000, interval: 20 };
const logger = componentLogger('test');
logger.level = 'silent';

let toy: ToyFiles;
let redis: PrivateRedis;
let queue: BullmqProofQueue;
let dispatcher: ProofDispatcher;
let workers: LocalWorkers;
const proofs = new Map<number, VerifiedProof>();

beforeAll(async () => {
  vi.stubEnv('MILLRACE_LOG_LEVEL', 'silent'); // for the worker processes
  toy = await toyCircuit();
  const started = await startPrivateRedis({ logger });
  if (started === undefined) throw new Error('these tests need redis-server');
  redis = started;
  queue = new BullmqProofQueue({ redisUrl: redis.url, logger });
  const vkey = parseProofFile(verificationKeySchema, 'verification key', toy.vkey);
  const keys = new Map([['toy', { manifestId: 'm1', vkey }]]);
  dispatcher = new ProofDispatcher({ queue, keys, sweepMs: 200, restMs: 50, logger });
  dispatcher.on('proof', (proof) => {
    expect(proofs.has(proof.batch)).toBe(false);
    proofs.set(proof.batch, proof);
  });
  const artifacts = [{ manifestId: 'm1', wasm: toy.wasm, zkey: toy.zkey, vkey }];
  workers = new LocalWorkers({ count: 2, redisUrl: redis.url, artifacts, backend: 'snarkjs', logger });
}, 60_000);

afterAll(async () => {
  await workers.stop();
  await dispatcher.close();
  await queue.close();
  await redis.stop();
});

async function submit(batches: readonly number[]): Promise<void> {
  for (const batch of batches) {
    const { input, publicSignals } = toyInput(BigInt(batch));
    await dispatcher.submit({ batch, shape: 'toy', witness: input, publicSignals });
  }
}

async function proven(batches: readonly number[]): Promise<void> {
  await vi.waitUntil(() => batches.every((batch) => proofs.has(batch)), WAIT);
}

describe('the proof pipeline on a real Redis with real worker processes', () => {
  it('gives each worker its share of the CPUs', () => {
    for (const pid of workers.pids) {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      expect(environment).toContain(`${THREADS_VARIABLE}=${threadsOfEach(2)}`);
    }
  });

  it('proves with both workers', async () => {
    await submit([1, 2, 3, 4, 5, 6]);
    await proven([1, 2, 3, 4, 5, 6]);
    expect(new Set([...proofs.values()].map(({ worker }) => worker)).size).toBe(2);
  });

  it('goes on after FLUSHALL in the middle', async () => {
    await submit([11, 12, 13]);
    await vi.waitUntil(async () => (await queue.counts()).active > 0, WAIT);
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    await proven([11, 12, 13]);
  });

  it('goes on after kill -9 of Redis', async () => {
    await submit([21, 22, 23]);
    await vi.waitUntil(async () => (await queue.counts()).active > 0, WAIT);
    process.kill(redis.pid, 'SIGKILL');
    await proven([21, 22, 23]);
  });

  it('goes on after kill -9 of a worker, whose prover child goes with it', async () => {
    await submit([31, 32, 33, 34]);
    await vi.waitUntil(async () => (await queue.counts()).active === 2, WAIT);
    const victim = workers.pids[0] ?? 0;
    const children = await vi.waitUntil(async () => {
      const list = await readFile(`/proc/${victim}/task/${victim}/children`, 'utf8');
      return list.trim() === '' ? undefined : list.trim().split(' ').map(Number);
    }, WAIT);
    process.kill(victim, 'SIGKILL');
    await vi.waitUntil(() => children.every((pid) => !alive(pid)), WAIT);
    await proven([31, 32, 33, 34]);
    expect(workers.pids).toHaveLength(2);
    expect(workers.pids).not.toContain(victim);
  }, 90_000);
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
