import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNative } from './build.mjs';
import { makeTestCircuit, type TestCircuit } from './test-circuit.ts';

const run = promisify(execFile);
const addon = buildNative({ log: () => undefined });
const LAUNCHER = join(import.meta.dirname, '../../millrace');
const CODES = { success: 0, input: 2, refused: 3, internal: 1 };

describe.runIf(addon !== undefined)('the prover as a program', () => {
  const program = join(dirname(addon ?? ''), 'groth16-prove');
  let folder: string;
  let circuit: TestCircuit;
  const path = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-program-'));
    circuit = await makeTestCircuit(folder, 'mixed', { publicWires: 3, privateWires: 40 });
  });

  afterAll(async () => {
    const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
    await curve?.terminate();
    await rm(folder, { recursive: true });
  });

  async function outcome(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const options = { env: { ...process.env, ...env } };
    const { code, stdout, stderr } = await run(file, [...args], options).then(
      (written) => ({ code: 0, ...written }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    return { code, stdout, stderr };
  }

  const operands = ({ zkey = circuit.zkey, wtns = circuit.wtns, to = folder } = {}): string[] => [
    zkey,
    wtns,
    join(to, 'proof.json'),
    join(to, 'public.json'),
  ];

  async function expectGoodFiles({ vkey, publicSignals }: TestCircuit): Promise<void> {
    const proof = await readFile(path('proof.json'), 'utf8');
    const signals = await readFile(path('public.json'), 'utf8');
    expect(JSON.parse(signals)).toEqual(publicSignals);
    expect(await groth16.verify(vkey, JSON.parse(signals), JSON.parse(proof))).toBe(true);
    // Byte for byte what Node writes.
    for (const text of [proof, signals]) expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 1)}\n`);
    await Promise.all(['proof.json', 'public.json'].map((name) => rm(path(name))));
  }

  it.each(['portable', 'adx', 'avx2'])(
    'makes good proofs with the kernel "%s", where it runs',
    async (kernel) => {
      const made = await outcome(program, operands(), { MILLRACE_KERNEL: kernel });
      if (made.code !== 0) return expect(made.stderr).toContain('does not run on this processor');
      expect(made).toEqual({ code: 0, stdout: '', stderr: '' });
      await expectGoodFiles(circuit);
    },
  );

  it('writes no public signals, and long ones, as Node does', async () => {
    for (const [name, publicWires] of [
      ['none', 0],
      ['many', 200],
    ] as const) {
      const other = await makeTestCircuit(folder, name, { publicWires, privateWires: 20 });
      expect(await outcome(program, operands(other))).toMatchObject({ code: 0 });
      await expectGoodFiles(other);
    }
  });

  it('is what the launcher calls', async () => {
    expect(await outcome(LAUNCHER, ['groth16-prove', ...operands()])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    await expectGoodFiles(circuit);
    expect(await outcome(LAUNCHER, ['groth16-prove', ...operands(), '--backend', 'native'])).toMatchObject({
      code: 0,
    });
    await expectGoodFiles(circuit);
  });

  it('ends with the codes of the command, and leaves the explanation to it', async () => {
    const short = path('short.zkey');
    await writeFile(short, (await readFile(circuit.zkey)).subarray(0, -1));
    const other = await makeTestCircuit(folder, 'other', { publicWires: 3, privateWires: 41 });
    const cases = [
      { files: { zkey: circuit.wtns }, code: CODES.input, name: 'bad-zkey' },
      { files: { zkey: short }, code: CODES.input, name: 'bad-zkey' },
      { files: { wtns: circuit.zkey }, code: CODES.input, name: 'bad-witness-file' },
      { files: { wtns: other.wtns }, code: CODES.input, name: 'witness-mismatch' },
    ];
    for (const { files, code, name } of cases) {
      const alone = await outcome(program, operands(files));
      expect(alone).toEqual({ code, stdout: '', stderr: expect.stringContaining(`[${name}]`) });
      const launched = await outcome(LAUNCHER, ['groth16-prove', ...operands(files)]);
      expect(launched).toEqual({ code, stdout: '', stderr: expect.stringContaining(`[${name}]`) });
      expect(launched.stderr).toContain('what to do:');
    }
  });

  it('refuses a key that lets anyone forge', async () => {
    // gamma becomes delta in the header, which ends in gamma, delta1, delta2.
    const zkey = await readFile(circuit.zkey);
    const header = zkey.indexOf(Buffer.from([2, 0, 0, 0, 0x94, 2, 0, 0, 0, 0, 0, 0])) + 12;
    expect(header).toBeGreaterThan(12);
    const end = header + 0x294;
    zkey.copy(zkey, end - 320, end - 128, end);
    await writeFile(path('forgeable.zkey'), zkey);
    const files = { zkey: path('forgeable.zkey') };
    for (const [file, ...before] of [[program], [LAUNCHER, 'groth16-prove']] as const) {
      const { code, stderr } = await outcome(file, [...before, ...operands(files)]);
      expect({ code, stderr }).toEqual({
        code: CODES.refused,
        stderr: expect.stringContaining('forgeable-key'),
      });
    }
  });

  it('says what it cannot read or write', async () => {
    for (const files of [{ zkey: path('absent') }, { wtns: path('absent') }, { to: path('absent') }]) {
      const alone = await outcome(program, operands(files));
      expect(alone).toEqual({
        code: CODES.input,
        stdout: '',
        stderr: expect.stringContaining('No such file'),
      });
      expect(await outcome(LAUNCHER, ['groth16-prove', ...operands(files)])).toMatchObject({
        code: CODES.input,
      });
    }
    expect(await outcome(program, ['one', 'two'])).toMatchObject({ code: CODES.input });
  });

  it('becomes the command that it is given when there is no proof', async () => {
    const command = ['/bin/sh', '-c', 'echo instead of "$1"; exit 7', 'sh', 'it'];
    expect(await outcome(program, [...operands({ zkey: path('absent') }), ...command])).toEqual({
      code: 7,
      stdout: 'instead of it\n',
      stderr: '',
    });
    expect(await outcome(program, [...operands(), ...command])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
