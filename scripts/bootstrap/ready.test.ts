import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { noteReady } from './ready.mjs';

const run = promisify(execFile);
const CHECKED = new Date(Date.now() - 60_000);
const OLD = new Date(CHECKED.getTime() - 60_000);

let root: string;

/** A repository of which every part is as old as `time`; its Node, from PATH or noted, says what it is asked to run. */
beforeEach(async () => {
  vi.stubEnv('CXX', undefined);
  root = await realpath(await mkdtemp(join(tmpdir(), 'millrace-ready-')));
  const script = (say: string) => `#!/bin/sh\n${say}\n`;
  const files: Record<string, string> = {
    'package-lock.json': '',
    'hardhat.config.ts': '',
    'contracts/Rollup.sol': '',
    'prover/native/addon.cc': '',
    'prover/native/field/lanes.hpp': '',
    'scripts/bootstrap/prepare.mjs': '',
    'node_modules/.millrace-stamp': '',
    'build/native/current': '',
    'build/hardhat/artifacts/.millrace-stamp': '',
    'path/node': script('echo "$PREPARED"; echo prepared >&2'),
    'toolchain/node': script('echo "ran $2"'),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: 0o755 });
  }
  for (const path of Object.keys(files)) {
    await utimes(join(root, path), OLD, OLD);
    await utimes(dirname(join(root, path)), OLD, OLD);
  }
  await copyFile(fileURLToPath(new URL('../../millrace', import.meta.url)), join(root, 'millrace'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

/** What the launcher says: whether it called for a set-up, and what it ran. */
async function launch(
  command: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): Promise<string> {
  const { stdout, stderr } = await run(join(root, 'millrace'), [command, ...args], {
    env: { PATH: `${join(root, 'path')}:/usr/bin:/bin`, PREPARED: join(root, 'toolchain'), ...env },
  });
  return stderr + stdout;
}

it('spares the set-up while nothing has changed since it was checked', async () => {
  expect(await launch('prove')).toBe('prepared\nran prove\n');
  noteReady(root, join(root, 'toolchain'), CHECKED);
  expect((await stat(join(root, 'build', 'ready'))).mtime).toEqual(CHECKED);
  expect(await launch('prove')).toBe('ran prove\n');
  expect(await launch('demo')).toBe('prepared\nran demo\n');
  expect(await launch('prove', { CXX: 'clang++' })).toBe('prepared\nran prove\n');
});

it.each([
  ['a source is newer', () => writeFile(join(root, 'prover/native/addon.cc'), 'new')],
  ['a source two folders deep is newer', () => writeFile(join(root, 'prover/native/field/lanes.hpp'), 'new')],
  ['a contract is added', () => writeFile(join(root, 'contracts/New.sol'), '')],
  ['a contract is gone', () => rm(join(root, 'contracts/Rollup.sol'))],
  ['the lock file is gone', () => rm(join(root, 'package-lock.json'))],
  ['packages were removed', () => rm(join(root, 'node_modules'), { recursive: true })],
  ['the addon was removed', () => rm(join(root, 'build/native'), { recursive: true })],
  ['compiled contracts were removed', () => rm(join(root, 'build/hardhat'), { recursive: true })],
])('calls for it when %s', async (_, change) => {
  noteReady(root, join(root, 'toolchain'), CHECKED);
  await change();
  expect(await launch('prove')).toBe('prepared\nran prove\n');
});

it('looks as deep as there are sources', async () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  for (const folder of ['contracts', 'prover/native', 'scripts/bootstrap']) {
    const paths = await readdir(join(repository, folder), { recursive: true });
    expect(paths.filter((path) => path.split('/').length > 2)).toEqual([]);
  }
});

it('calls for it when the noted Node is gone', async () => {
  noteReady(root, join(root, 'elsewhere'), CHECKED);
  expect(await launch('prove')).toBe('prepared\nran prove\n');
});

it('notes nothing without an addon, or with a compiler of the caller', async () => {
  noteReady(root, join(root, 'toolchain'), CHECKED);
  vi.stubEnv('CXX', 'clang++');
  noteReady(root, join(root, 'toolchain'), CHECKED);
  await expect(stat(join(root, 'build', 'ready'))).rejects.toThrow();
  vi.stubEnv('CXX', undefined);
  await rm(join(root, 'build/native/current'));
  noteReady(root, join(root, 'toolchain'), CHECKED);
  await expect(stat(join(root, 'build', 'ready'))).rejects.toThrow();
});

it('proves without Node where the prover is there and no other backend is wanted', async () => {
  noteReady(root, join(root, 'toolchain'), CHECKED);
  const files = ['zkey', 'wtns', 'proof', 'public'];
  const prove = (...args: string[]) => launch('groth16-prove', {}, args);
  expect(await prove(...files)).toBe('ran groth16-prove\n');
  await writeFile(join(root, 'build/native/current'), 'key');
  await mkdir(join(root, 'build/native/key'));
  // Says what it is to prove, and what it is to become if it cannot.
  await writeFile(join(root, 'build/native/key/groth16-prove'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
  const command = (...args: string[]) =>
    `${[...files, join(root, 'toolchain/node'), join(root, 'cli/main.ts'), 'groth16-prove', ...args].join(' ')}\n`;
  expect(await prove(...files)).toBe(command(...files));
  for (const backend of ['auto', 'native'])
    expect(await prove(...files, '--backend', backend)).toBe(command(...files, '--backend', backend));
  for (const args of [
    [...files, '--backend', 'snarkjs'],
    ['--backend', 'native', ...files],
    ['--help', ...files.slice(1)],
    files.slice(1),
  ])
    expect(await prove(...args)).toBe('ran groth16-prove\n');
  await rm(join(root, 'build/native'), { recursive: true });
  expect(await prove(...files)).toBe('prepared\nran groth16-prove\n');
});
