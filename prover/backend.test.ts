import { execFile } from 'node:child_process';
import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { REPOSITORY } from './artifacts/artifact-folder.ts';
import { compileTestCircuit } from './setup/test-circuits.ts';

const run = promisify(execFile);
let folder: string;

/** A copy of the sources without the addon, as where there is no compiler. */
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-no-addon-')));
  for (const name of ['package.json', 'protocol', 'prover'])
    await cp(join(REPOSITORY, name), join(folder, name), { recursive: true });
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true }));

it('an installation without the addon has snarkjs and WASM, and says so where the native one is asked for', async () => {
  const { r1cs } = await compileTestCircuit('allPrivate', folder);
  const script = `
    const { selectBackend } = await import(${JSON.stringify(join(folder, 'prover/backend.ts'))});
    const { devSetup } = await import(${JSON.stringify(join(folder, 'prover/setup/dev-setup.ts'))});
    const told = (work) => work.then((made) => made.name, ({ kind, code, fix }) => ({ kind, code, fix }));
    const setup = { r1cs: ${JSON.stringify(r1cs)}, zkey: 'never.zkey', backend: 'native' };
    const all = [selectBackend('auto'), selectBackend('native'), devSetup(setup)].map(told);
    console.log(JSON.stringify(await Promise.all(all)));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
  const missing = { kind: 'refused', code: 'backend-missing' };
  expect(JSON.parse(stdout)).toMatchObject([
    'snarkjs',
    { ...missing, fix: expect.stringContaining('--backend snarkjs') },
    { ...missing, fix: expect.stringContaining('g++') },
  ]);
});
