import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WitnessCalculator } from '../prover/witness.ts';
import { type CommandOutcome, runCommand } from '../test/support/run-command.ts';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import { registerGroth16Prove } from './groth16-prove.ts';
import { registerVerify } from './verify.ts';

const run = promisify(execFile);
const snarkjs = createRequire(import.meta.url)
  .resolve('snarkjs')
  .replace(/main\.cjs$/, 'cli.cjs');

let toy: ToyFiles;
let folder: string;
const path = (name: string): string => join(folder, name);

function millrace(...args: string[]): Promise<CommandOutcome> {
  return runCommand((program) => {
    registerVerify(program);
    registerGroth16Prove(program);
  }, args);
}

beforeAll(async () => {
  toy = await toyCircuit();
  folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  const calculator = await WitnessCalculator.open(toy.wasm);
  await writeFile(path('w.wtns'), await calculator.calculate(toyInput(5n).input));
  await writeFile(path('vkey.json'), JSON.stringify(toy.vkey));
  await writeFile(path('forgeable.json'), JSON.stringify(toy.forgeableVkey));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('groth16-prove and verify', () => {
  const verifyArgs = (vkey = 'vkey.json', signals = 'public.json', proof = 'proof.json'): string[] => [
    'verify',
    '--vkey',
    path(vkey),
    '--public',
    path(signals),
    '--proof',
    path(proof),
  ];

  it('prove what snarkjs and we accept', async () => {
    const args = [toy.zkey, path('w.wtns'), path('proof.json'), path('public.json')];
    expect(await millrace('groth16-prove', ...args, '--backend', 'snarkjs')).toMatchObject({ exitCode: 0 });
    const { stdout } = await run(process.execPath, [
      snarkjs,
      'groth16',
      'verify',
      path('vkey.json'),
      path('public.json'),
      path('proof.json'),
    ]);
    expect(stdout).toContain('OK!');
    expect(await millrace(...verifyArgs())).toEqual({ exitCode: 0, stdout: 'OK\n', stderr: '' });
  });

  it('end with 3 for a proof that does not hold, and for a key that lets anyone forge', async () => {
    const signals: string[] = JSON.parse(await readFile(path('public.json'), 'utf8'));
    await writeFile(path('other.json'), JSON.stringify(['1', ...signals.slice(1)]));
    expect(await millrace(...verifyArgs('vkey.json', 'other.json'))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('invalid-proof'),
    });
    expect(await millrace(...verifyArgs('forgeable.json'))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('forgeable-key'),
    });
  });

  it('end with 2 for files that are not what they should be', async () => {
    await writeFile(path('text.json'), 'not json');
    const wrong = [verifyArgs('absent.json'), verifyArgs('text.json'), verifyArgs('public.json')];
    for (const args of wrong) expect((await millrace(...args)).exitCode).toBe(2);
    expect((await millrace(...verifyArgs('vkey.json', 'vkey.json'))).stderr).toContain(
      'malformed-public-signals',
    );
    expect((await millrace(...verifyArgs('vkey.json', 'public.json', 'vkey.json'))).stderr).toContain(
      'malformed-proof',
    );
  });

  it('end with 2 for hostile proving keys and witnesses', async () => {
    const prove = (zkey: string, wtns: string): Promise<CommandOutcome> =>
      millrace('groth16-prove', zkey, wtns, path('p.json'), path('s.json'), '--backend', 'snarkjs');
    const zkey = await readFile(toy.zkey);
    await writeFile(path('short.zkey'), zkey.subarray(0, zkey.length - 1));
    const wtns = await readFile(path('w.wtns'));
    const count = wtns.readUInt32LE(60);
    const shorter = Buffer.from(wtns.subarray(0, wtns.length - 32));
    shorter.writeUInt32LE(count - 1, 60);
    shorter.writeBigUInt64LE(BigInt(32 * (count - 1)), 68);
    await writeFile(path('shorter.wtns'), shorter);

    expect(await prove(path('w.wtns'), path('w.wtns'))).toMatchObject({ exitCode: 2 });
    expect(await prove(path('short.zkey'), path('w.wtns'))).toMatchObject({ exitCode: 2 });
    expect(await prove(toy.zkey, toy.zkey)).toMatchObject({ exitCode: 2 });
    const mismatch = await prove(toy.zkey, path('shorter.wtns'));
    expect(mismatch).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('witness-mismatch') });
  });
});
