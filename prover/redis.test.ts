import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startPrivateRedis } from './redis.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-redis-test-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('startPrivateRedis', () => {
  it('serves only those who know the password, never evicts, and leaves nothing behind', async () => {
    const redis = await startPrivateRedis({ dir });
    if (redis === undefined) throw new Error('this test needs redis-server');
    const client = new Redis(redis.url);
    expect(await client.config('GET', 'maxmemory-policy')).toContain('noeviction');
    client.disconnect();

    const { port } = new URL(redis.url);
    const stranger = new Redis(Number(port), '127.0.0.1');
    const refusal = once(stranger, 'error');
    expect(String(await refusal)).toMatch(/NOAUTH/);
    stranger.disconnect();

    await redis.stop();
    expect(alive(redis.pid)).toBe(false);
    expect(await readdir(dir)).toEqual([]);
  });

  it('tells of a redis-server that does not come up, and leaves nothing behind', async () => {
    const programs = await mkdtemp(join(tmpdir(), 'millrace-redis-program-'));
    await writeFile(join(programs, 'redis-server'), '#!/bin/sh\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${programs}:${process.env.PATH}`);
    try {
      await expect(startPrivateRedis({ dir })).rejects.toMatchObject({
        kind: 'internal',
        code: 'redis-start',
        details: { attempts: 5, reason: 'redis-server ended at once' },
        fix: expect.stringContaining('REDIS_URL'),
      });
      expect(await readdir(dir)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(programs, { recursive: true });
    }
  });

  it('ends with its starter, even when that is killed', async () => {
    const module = new URL('./redis.ts', import.meta.url).href;
    const script = `
      import { startPrivateRedis } from ${JSON.stringify(module)};
      const redis = await startPrivateRedis({ dir: ${JSON.stringify(dir)} });
      console.log(redis.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number.parseInt(String(line), 10);
    expect(alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitUntil(() => !alive(pid), { timeout: 10_000 });
    await vi.waitUntil(async () => (await readdir(dir)).length === 0, { timeout: 10_000 });
  });
});
