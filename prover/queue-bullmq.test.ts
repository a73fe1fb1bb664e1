import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeQueueContract } from './queue.contract.ts';
import { BullmqProofQueue } from './queue-bullmq.ts';
import { type PrivateRedis, startPrivateRedis } from './redis.ts';
import { BullmqProofSource } from './source-bullmq.ts';

let redis: PrivateRedis;
let admin: Redis;

beforeAll(async () => {
  const started = await startPrivateRedis();
  if (started === undefined) throw new Error('these tests need redis-server');
  redis = started;
  admin = new Redis(redis.url);
});

afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

describeQueueContract('BullMQ', async () => {
  await admin.flushall();
  const queue = new BullmqProofQueue({ redisUrl: redis.url });
  const source = new BullmqProofSource({ redisUrl: redis.url, lockMs: 1000, stalledCheckMs: 300 });
  return {
    queue,
    source,
    reopen: () => new BullmqProofQueue({ redisUrl: redis.url }),
    flush: async () => {
      await admin.flushall();
    },
    close: async () => {
      await queue.close();
      await source.close();
    },
  };
});

describe('BullmqProofQueue', () => {
  it('rejects with a typed error while Redis is away, and works again when it is back', async () => {
    const own = await startPrivateRedis();
    if (own === undefined) throw new Error('these tests need redis-server');
    const queue = new BullmqProofQueue({ redisUrl: own.url });
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0 });
    await own.stop();
    await expect(queue.counts()).rejects.toMatchObject({ code: 'queue-unavailable', kind: 'refused' });
    await queue.close();
  });

  it('reports what it cannot read instead of trusting it', async () => {
    await admin.flushall();
    const queue = new BullmqProofQueue({ redisUrl: redis.url });
    await queue.counts();
    await admin.hset('millrace:proofs:strange', {
      name: 'prove',
      data: '{"batch":"x"}',
      opts: '{}',
      timestamp: '1',
    });
    await admin.lpush('millrace:proofs:wait', 'strange');
    expect(await queue.inspect('strange')).toEqual({ state: 'unreadable', problem: 'job data' });
    await queue.close();
  });

  it('comes back by itself when a killed Redis was replaced by an empty one', async () => {
    const own = await startPrivateRedis();
    if (own === undefined) throw new Error('these tests need redis-server');
    const queue = new BullmqProofQueue({ redisUrl: own.url });
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0 });
    process.kill(own.pid, 'SIGKILL');
    await vi.waitUntil(
      async () => {
        try {
          return (await queue.counts()).waiting === 0;
        } catch {
          return false;
        }
      },
      { timeout: 20_000, interval: 50 },
    );
    await queue.close();
    await own.stop();
  });
});
