import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SHAPES } from '../protocol/shape.ts';
import { ensureArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import type { ShapeArtifacts } from '../prover/artifacts/load-artifacts.ts';
import type { VerifiedProof } from '../prover/dispatcher.ts';
import { componentLogger } from '../prover/log.ts';
import { type Proving, startProving } from '../prover/proving.ts';
import { type PrivateRedis, startPrivateRedis } from '../prover/redis.ts';
import { RandomRollup } from '../test/support/random-batch.ts';
import { runCommand } from '../test/support/run-command.ts';
import { registerWorker } from './worker.ts';

const logger = componentLogger('test');
logger.level = 'silent';

let artifacts: ShapeArtifacts;
let redis: PrivateRedis;
let proving: Proving;

beforeAll(async () => {
  artifacts = await ensureArtifacts('tiny');
  const started = await startPrivateRedis({ logger });
  if (started === undefined) throw new Error('these tests need redis-server');
  redis = started;
  const shapes = new Map([['tiny', artifacts]]);
  proving = await startProving({ redisUrl: redis.url, shapes, workers: 0, backend: 'auto', logger });
}, 600_000);

afterAll(async () => {
  await proving.stop();
  await redis.stop();
});

describe('worker', () => {
  it('proves a batch of another process, says no secret, and ends at a signal', async () => {
    const proofs: VerifiedProof[] = [];
    proving.dispatcher.on('proof', (proof) => proofs.push(proof));
    const { batch } = new RandomRollup(2, SHAPES.tiny.depth).nextBatch(SHAPES.tiny);
    const publicSignals = [batch.c, batch.z, batch.y].map(String);
    await proving.dispatcher.submit({
      batch: batch.number,
      shape: 'tiny',
      witness: batch.witness,
      publicSignals,
    });

    const script = `
      import { Command } from 'commander';
      import { registerWorker } from ${JSON.stringify(new URL('./worker.ts', import.meta.url).href)};
      const program = new Command();
      registerWorker(program);
      await program.parseAsync(['worker', '--artifacts', ${JSON.stringify(artifacts.folder)}], { from: 'user' });`;
    const worker = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: new URL('.', import.meta.url),
      env: { ...process.env, REDIS_URL: redis.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.on('data', (data) => {
        output += String(data);
      });
    }
    await vi.waitUntil(() => proofs.length > 0, { timeout: 60_000, interval: 50 });
    expect(proofs[0]).toMatchObject({ batch: batch.number, publicSignals });
    worker.kill('SIGTERM');
    const [exitCode] = await once(worker, 'exit');
    expect(exitCode).toBe(0);
    expect(output).toContain('proves tiny');
    expect(output).not.toContain(new URL(redis.url).password);
  });

  it('ends with 2 without artifacts, without a Redis, or with a bad URL', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'millrace-empty-'));
    vi.stubEnv('REDIS_URL', '');
    const noArtifacts = await runCommand(registerWorker, [
      'worker',
      '--redis',
      redis.url,
      '--artifacts',
      empty,
    ]);
    expect(noArtifacts).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no-artifacts') });
    const badUrl = ['worker', '--redis', 'http://u:secret@h', '--artifacts', artifacts.folder];
    const refused = await runCommand(registerWorker, badUrl);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('redis-url') });
    expect(refused.stderr).not.toContain('secret');
    vi.unstubAllEnvs();
    await rm(empty, { recursive: true });
  });
});
