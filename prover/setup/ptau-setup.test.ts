import { copyFile, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curves, groth16, powersOfTau, wtns } from 'snarkjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyProof } from '../verify.ts';
import { ptauSetup } from './ptau-setup.ts';
import { compileTestCircuit, type TestCircuit } from './test-circuits.ts';
import { exportVerificationKey } from './verification-key.ts';

const POWER = 6;

let folder: string;
let circuit: TestCircuit;
let ptau: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-ptau-'));
  circuit = await compileTestCircuit('mixed', folder);
  ptau = file('ceremony.ptau');
  const curve = await curves.getCurveFromName('bn128');
  await powersOfTau.newAccumulator(curve, POWER, file('new.ptau'));
  await powersOfTau.contribute(file('new.ptau'), file('contributed.ptau'), 'test', 'test');
  await powersOfTau.preparePhase2(file('contributed.ptau'), ptau);
  await powersOfTau.preparePhase2(file('new.ptau'), file('nobody.ptau'));
  await powersOfTau.newAccumulator(curve, 2, file('small-new.ptau'));
  await powersOfTau.contribute(file('small-new.ptau'), file('small-contributed.ptau'), 'test', 'test');
  await powersOfTau.preparePhase2(file('small-contributed.ptau'), file('small.ptau'));
  await curve.terminate();
});

afterAll(async () => {
  await (await curves.getCurveFromName('bn128')).terminate();
  await rm(folder, { recursive: true, force: true });
});

function file(name: string): string {
  return join(folder, name);
}

async function setUp(path: string): Promise<string> {
  const zkey = file('key.zkey');
  const setup = await ptauSetup(path);
  await setup.makeKey({ r1cs: circuit.r1cs, zkey, report: () => undefined });
  return zkey;
}

test('a key from a ceremony has a contribution, and its proofs hold', async () => {
  const setup = await ptauSetup(ptau);
  const zkey = file('key.zkey');
  const made = await setup.makeKey({ r1cs: circuit.r1cs, zkey, report: () => undefined });
  expect(made).toMatchObject({ kind: 'ptau', backend: 'snarkjs' });
  expect(setup.identity).toBe(`ptau-${made.kind === 'ptau' && made.ptauSha256}`);

  const key = await exportVerificationKey(zkey);
  expect(key.vk_delta_2).not.toEqual(key.vk_gamma_2);
  await wtns.calculate({ ...circuit.input }, circuit.wasm, file('witness.wtns'));
  const { proof, publicSignals } = await groth16.prove(zkey, file('witness.wtns'));
  expect(await verifyProof(key, publicSignals, proof)).toBe(true);
  expect((await readdir(folder)).filter((name) => name.includes('initial'))).toEqual([]);
});

test('a ceremony that nobody contributed to is refused', async () => {
  await expect(setUp(file('nobody.ptau'))).rejects.toMatchObject({ code: 'ptau-invalid', kind: 'refused' });
});

test('a changed point is found', async () => {
  const changed = file('changed.ptau');
  await copyFile(ptau, changed);
  const handle = await open(changed, 'r+');
  // In the middle of the first large section.
  const at = 12 + 12 + 44 + 12 + 64 * 10;
  const { buffer } = await handle.read(Buffer.alloc(64), 0, 64, at);
  await handle.write(buffer, 0, 64, at + 64);
  await handle.close();
  await expect(setUp(changed)).rejects.toMatchObject({ code: 'ptau-invalid' });
});

test('a file that is too small, not prepared, cut or missing is refused before any work', async () => {
  await expect(setUp(file('small.ptau'))).rejects.toMatchObject({ code: 'ptau-too-small', kind: 'input' });
  await expect(setUp(file('contributed.ptau'))).rejects.toMatchObject({ code: 'bad-ptau' });
  await expect(setUp(file('missing.ptau'))).rejects.toMatchObject({ code: 'bad-ptau' });
  await expect(setUp(circuit.r1cs)).rejects.toMatchObject({ code: 'bad-ptau' });
  const cut = file('cut.ptau');
  await copyFile(ptau, cut);
  const handle = await open(cut, 'r+');
  await handle.truncate((await stat(cut)).size - 1);
  await handle.close();
  await expect(setUp(cut)).rejects.toMatchObject({ code: 'bad-ptau' });
});
