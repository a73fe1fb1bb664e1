import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withFileLock } from './file-lock.mjs';

const MODULE = fileURLToPath(new URL('./file-lock.mjs', import.meta.url));

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
  lock = join(folder, 'deep', 'x.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('lets one in at a time, in one process and in several, and leaves no file', async () => {
  const counter = join(folder, 'counter');
  writeFileSync(counter, '0');
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { withFileLock } from ${JSON.stringify(MODULE)};
    const [lock, counter] = process.argv.slice(1);
    const increment = () => withFileLock(lock, async () => {
      const value = Number(readFileSync(counter, 'utf8'));
      await sleep(5);
      writeFileSync(counter, String(value + 1));
    });
    await Promise.all([increment(), increment()]);`;
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script, lock, counter], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  expect(codes).toEqual([0, 0, 0]);
  expect(readFileSync(counter, 'utf8')).toBe('6');
  expect(existsSync(lock)).toBe(false);
});

it('hands on the result and the error of the work, and is free afterwards', async () => {
  expect(await withFileLock(lock, async () => 7)).toBe(7);
  await expect(withFileLock(lock, () => Promise.reject(new Error('work failed')))).rejects.toThrow(
    'work failed',
  );
  expect(await withFileLock(lock, async () => 8)).toBe(8);
});

it('takes over the lock of a process that was killed while it held it', async () => {
  const script = `
    import { withFileLock } from ${JSON.stringify(MODULE)};
    await withFileLock(process.argv[1], () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1e6)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, lock], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(lock)).toBe(true);
  expect(await withFileLock(lock, async () => 'mine')).toBe('mine');
});

it('takes over the lock of a dead process whose number another one has now', async () => {
  await withFileLock(join(folder, 'a.lock'), async () => undefined);
  writeFileSync(join(folder, 'b.lock'), `${process.pid} 1 ${hostname()}`);
  expect(await withFileLock(join(folder, 'b.lock'), async () => 'mine')).toBe('mine');
});

it('waits for a live holder, and says for whom', async () => {
  const holders: string[] = [];
  const free = Promise.withResolvers<void>();
  const first = withFileLock(lock, () => free.promise);
  const second = withFileLock(
    lock,
    async () => 'second',
    (holder) => {
      holders.push(holder);
      free.resolve();
    },
  );
  expect(await second).toBe('second');
  await first;
  expect(holders).toEqual([String(process.pid)]);
});
