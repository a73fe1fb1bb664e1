import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-watch-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('ends a process whose parent was killed, even one that is busy', async () => {
  const watch = new URL('./parent-watch.ts', import.meta.url).href;
  await writeFile(
    join(folder, 'child.mjs'),
    `import { endWithParent } from ${JSON.stringify(watch)};
     endWithParent(Number(process.env.PARENT));
     // The watch's thread starts from the event loop; after that the loop never turns again.
     setTimeout(() => { process.stdout.write('busy', () => { for (;;); }); }, 1000);`,
  );
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(join(folder, 'child.mjs'))}],
         { stdio: ['ignore', 'pipe', 'inherit'], detached: true, env: { ...process.env, PARENT: String(process.pid) } });
       child.stdout.once('data', () => console.log(child.pid));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(parent.stdout, 'data');
  const pid = Number.parseInt(String(line), 10);
  expect(() => process.kill(pid, 0)).not.toThrow();
  parent.kill('SIGKILL');
  await vi.waitUntil(
    () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    },
    { timeout: 20_000 },
  );
});
