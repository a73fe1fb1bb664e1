import { afterEach, describe, expect, it, vi } from 'vitest';
import { shapeByName } from '../../protocol/shape.ts';
import { LocalWorkers } from '../../prover/local-workers.ts';
import { startPrivateRedis } from '../../prover/redis.ts';
import { packInput, parseCircuitInput } from '../../prover/witness-input.ts';
import { startLocalL1 } from '../../scripts/local-l1.ts';
import { fullBatch } from '../full-batch.ts';
import { cpuByRole } from './cpu-by-role.ts';
import { steadyRate } from './job-times.ts';
import { proveAlone } from './provers-alone.ts';

const resources: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of resources.splice(0).reverse()) await resource.stop();
});

const cpuOf = (role: keyof ReturnType<typeof cpuByRole>) => cpuByRole()[role];

describe('cpuByRole', () => {
  it('tells chain, Redis and workers from the node that started them, each while it runs', async () => {
    const before = cpuByRole();
    expect(before).toMatchObject({ prover: 0, worker: 0, L1: 0, Redis: 0 });
    expect(before.node).toBeGreaterThan(0);

    const chain = await startLocalL1();
    resources.push(chain);
    await vi.waitUntil(() => cpuOf('L1') > 0);
    expect(cpuByRole()).toMatchObject({ prover: 0, worker: 0, Redis: 0 });

    const redis = (await startPrivateRedis())!;
    resources.push(redis);
    const options = { count: 1, redisUrl: redis.url, artifacts: [], backend: 'auto' } as const;
    resources.push(new LocalWorkers(options));
    await vi.waitUntil(() => cpuOf('worker') > 0 && cpuOf('Redis') > 0, { timeout: 20_000 });
    expect(cpuOf('prover')).toBe(0);

    await chain.stop();
    expect(cpuOf('L1')).toBe(0);
  });
});

describe('proveAlone', () => {
  it('makes each proof once, by as many provers, and counts the CPU time of them all', async () => {
    const { witness } = fullBatch(shapeByName('tiny'));
    const input = await packInput(parseCircuitInput(JSON.stringify(witness)));
    const { proofs, seconds, cpu } = await proveAlone('tiny', 2, Array(4).fill(input));
    expect(new Set(proofs.map(({ worker }) => worker))).toEqual(new Set(['0', '1']));
    expect(proofs).toHaveLength(4);
    expect(seconds).toHaveLength(4);
    expect(steadyRate(proofs)).toBeGreaterThan(0);
    expect(cpu).toBeGreaterThan(0.4);
    expect(cpuOf('prover')).toBe(0);
  });

  it('says what a prover refuses, and ends the others', async () => {
    const input = await packInput({ nothing: '1' });
    await expect(proveAlone('tiny', 2, [input, input])).rejects.toMatchObject({ kind: 'internal' });
    expect(cpuOf('prover')).toBe(0);
  });
});
