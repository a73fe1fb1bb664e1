import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBench } from '../cli/bench.ts';
import { SnarkjsBackend } from '../prover/backends/snarkjs.ts';
import { loadNative } from '../prover/native/addon.ts';
import { WitnessCalculator } from '../prover/witness.ts';
import { type CommandOutcome, runCommand } from '../test/support/run-command.ts';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import { parseBackends } from './prove/backends.ts';
import { readResult, type Series } from './result.ts';

let toy: ToyFiles;
let folder: string;
const path = (name: string): string => join(folder, name);

function bench(...args: string[]): Promise<CommandOutcome> {
  const files = ['--zkey', toy.zkey, '--wtns', path('toy.wtns')];
  return runCommand(registerBench, ['bench', 'prove', ...files, '--threads', '1', '--repeat', '2', ...args]);
}

/** A program that takes a prover's arguments and copies these files to its outputs. */
async function fakeProver(name: string, proof: string, publicSignals: string): Promise<string> {
  await writeFile(path(name), `#!/bin/sh\ncp '${path(proof)}' "$3"\ncp '${path(publicSignals)}' "$4"\n`);
  await chmod(path(name), 0o755);
  return path(name);
}

beforeAll(async () => {
  toy = await toyCircuit();
  folder = await mkdtemp(join(tmpdir(), 'millrace-bench-test-'));
  const calculator = await WitnessCalculator.open(toy.wasm);
  await writeFile(path('toy.wtns'), await calculator.calculate(toyInput(5n).input));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('bench prove', () => {
  it('measures backends side by side, cold and warm, and verifies each proof', async () => {
    const native = loadNative() === undefined ? [] : ['native'];
    const backends = [...native, 'snarkjs'];
    const { exitCode, stdout, stderr } = await bench(
      '--backend',
      backends.join(','),
      '--json',
      path('r.json'),
      '--markdown',
      path('r.md'),
    );
    expect(stderr).toContain('round 2 of 2');
    expect(exitCode).toBe(0);
    const { series, ratios, notes, warnings, machine } = await readResult(path('r.json'));
    expect(series.map(({ labels }) => `${labels.backend} ${labels.run}`)).toEqual(
      backends.flatMap((name) => [`${name} cold`, `${name} warm`]),
    );
    const of = (backend: string, run: string): Series =>
      series.find(({ labels }) => labels.backend === backend && labels.run === run)!;
    for (const { metrics } of series) {
      for (const name of ['cpu', 'wall', 'memory']) {
        expect(metrics[name]?.samples).toHaveLength(2);
        expect(Math.min(...metrics[name]!.samples)).toBeGreaterThan(0);
      }
    }
    // A Node that starts does more than one that has started; the native prover starts without one.
    expect(Math.min(...of('snarkjs', 'cold').metrics.cpu!.samples)).toBeGreaterThan(
      Math.min(...of('snarkjs', 'warm').metrics.cpu!.samples),
    );
    for (const name of native) {
      expect(Object.keys(of(name, 'warm').metrics)).toEqual(
        expect.arrayContaining(['stage witness', 'stage quotient', 'stage points', 'opening wall']),
      );
      expect(ratios).toHaveLength(2 * 2 * 3);
      expect(ratios[0]).toMatchObject({
        metric: 'cpu',
        of: { backend: 'snarkjs' },
        to: { backend: 'native', run: 'cold' },
      });
    }
    expect(notes).toEqual([expect.stringMatching(/^toy: domain 2\^\d+, .* 3 public signals/)]);
    expect(warnings).toContainEqual(expect.stringContaining('too few'));
    expect(machine.usableCpus).toBeGreaterThan(0);
    expect(stdout).toContain('WARNING');
    expect(await readFile(path('r.md'), 'utf8')).toContain('| toy | snarkjs | warm | 1 |');
  });

  it('calls any program, and accepts a proof that does not name its curve', async () => {
    const { proof, publicSignals } = await new SnarkjsBackend().prove(toy.zkey, path('toy.wtns'));
    const { curve: _, ...nameless } = proof;
    await writeFile(path('proof.json'), JSON.stringify(nameless));
    await writeFile(path('public.json'), JSON.stringify(publicSignals));
    await writeFile(path('other.json'), JSON.stringify(['1', ...publicSignals.slice(1)]));
    await writeFile(path('text.json'), 'proof');
    const right = await fakeProver('right', 'proof.json', 'public.json');
    expect(await bench('--backend', `copy=${right}`)).toMatchObject({ exitCode: 0 });
    const wrong = await fakeProver('wrong', 'proof.json', 'other.json');
    expect(await bench('--backend', `copy=${wrong}`)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('wrong-proof'),
    });
    const garbled = await fakeProver('garbled', 'text.json', 'public.json');
    expect(await bench('--backend', `copy=${garbled}`)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('program-failed'),
    });
  });

  it.each([
    ['an unknown backend', ['--backend', 'gnark'], 'unknown-backend'],
    ['a backend twice', ['--backend', 'snarkjs,snarkjs'], 'unknown-backend'],
    ['a key without a witness', ['--zkey', 'a.zkey', 'b.zkey'], 'bench-options'],
    ['more threads than CPUs', ['--threads', '1000', '--backend', 'snarkjs'], 'too-many-threads'],
    ['a circuit twice', ['--zkey', 'KEY', '--wtns', 'WITNESS'], 'bench-options'],
    ['a key that is not one', ['--zkey', 'WITNESS', '--wtns', 'WITNESS'], 'bad-zkey'],
  ])('refuses %s', async (_, args, code) => {
    const files: Record<string, string> = { KEY: toy.zkey, WITNESS: path('toy.wtns') };
    expect(await bench(...args.map((arg) => files[arg] ?? arg))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(code),
    });
  });

  it('refuses to measure nothing', async () => {
    expect(await runCommand(registerBench, ['bench', 'prove'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('bench-options'),
    });
  });
});

describe('parseBackends', () => {
  it('takes the path of a program as it is', () => {
    const files = { zkey: '/k', wtns: '/w', proof: '/p', publicSignals: '/s' };
    const [first] = parseBackends('rapidsnark=/opt/a=b/prover');
    expect(first).toMatchObject({ name: 'rapidsnark' });
    expect(first?.resident).toBeUndefined();
    expect(first?.command(files)).toEqual(['/opt/a=b/prover', '/k', '/w', '/p', '/s']);
  });
});
