import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILDS, buildNative } from './build.mjs';

const run = promisify(execFile);
const addon = buildNative({ log: () => undefined });

describe.runIf(addon !== undefined)('a prebuilt addon', () => {
  let root: string;

  /** A copy of the sources, with the build that there is of them. */
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'millrace-prebuilt-')));
    const repository = fileURLToPath(new URL('../..', import.meta.url));
    await cp(join(repository, 'prover/native'), join(root, 'prover/native'), { recursive: true });
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
    const build = basename(dirname(addon!));
    await cp(join(BUILDS, build), join(root, 'build/native', build), { recursive: true });
  });

  afterAll(() => rm(root, { recursive: true }));

  async function build(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
    const { stdout } = await run(process.execPath, [join(root, 'prover/native/build.mjs'), ...args], { env });
    return stdout;
  }

  it('is taken where there is no compiler, as long as the sources are the same', async () => {
    const withoutCompiler = { PATH: '' };
    expect(await build([], withoutCompiler)).toContain('using the slower WASM');
    expect(await build(['--prebuild'], process.env)).toBe('');
    await rm(join(root, 'build'), { recursive: true });
    expect(await build([], withoutCompiler)).toContain('using the prebuilt one');
    const loads = `const { readFileSync } = require('node:fs');
      const builds = ${JSON.stringify(join(root, 'build/native'))};
      require(builds + '/' + readFileSync(builds + '/current', 'utf8') + '/millrace.node');`;
    await run(process.execPath, ['-e', loads]);
    await appendFile(join(root, 'prover/native/addon.cc'), '// changed');
    expect(await build([], withoutCompiler)).toContain('using the slower WASM');
  });
});
