import { copyFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curves, groth16, wtns, zKey } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../../protocol/field.ts';
import { buildNative } from '../native/build.mjs';
import { devSetup, type SetupProgress } from './dev-setup.ts';
import { toLittleEndian } from './little-endian.ts';
import {
  compileTestCircuit,
  TEST_CIRCUITS,
  type TestCircuit,
  type TestCircuitName,
} from './test-circuits.ts';
import { zkeyVerify } from './test-zkey-verify.ts';
import { exportVerificationKey } from './verification-key.ts';

const native = buildNative({ log: () => undefined }) !== undefined;
const backends = native ? (['native', 'wasm'] as const) : (['wasm'] as const);
const circuits = {} as Record<TestCircuitName, TestCircuit>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-setup-'));
  for (const name of TEST_CIRCUITS) circuits[name] = await compileTestCircuit(name, folder);
});

afterAll(async () => {
  await (await curves.getCurveFromName('bn128')).terminate();
  await rm(folder, { recursive: true, force: true });
});

async function prove(zkey: string, witness: string): Promise<{ proof: unknown; publicSignals: string[] }> {
  const { proof, publicSignals } = await groth16.prove(zkey, witness);
  return { proof, publicSignals: publicSignals as string[] };
}

describe.each(backends)('dev setup, %s', (backend) => {
  it.each(TEST_CIRCUITS)('makes a key that snarkjs proves and verifies with: %s', async (name) => {
    const { r1cs, wasm, input } = circuits[name];
    const zkey = join(folder, `${name}.${backend}.zkey`);
    const ptau = join(folder, `${name}.${backend}.ptau`);
    const progress: SetupProgress[] = [];
    const made = await devSetup({
      r1cs,
      zkey,
      ptau,
      backend,
      threads: 2,
      onProgress: (step) => progress.push(step),
    });
    expect(made.backend).toBe(backend);
    expect(progress.at(-1)).toMatchObject({ stage: 'points', done: progress.at(-1)?.total });

    expect(await zkeyVerify(r1cs, ptau, zkey)).toContain('ZKey Ok!');
    const vkey = await zKey.exportVerificationKey(zkey);
    expect(await exportVerificationKey(zkey)).toEqual(vkey);

    const witness = join(folder, `${name}.${backend}.wtns`);
    await wtns.calculate(input, wasm, witness);
    const { proof, publicSignals } = await prove(zkey, witness);
    expect(await groth16.verify(vkey, publicSignals, proof)).toBe(true);
    for (const i of publicSignals.keys()) {
      const altered = publicSignals.with(i, String((BigInt(publicSignals[i] ?? 0) + 1n) % FIELD));
      expect(await groth16.verify(vkey, altered, proof)).toBe(false);
    }
  });

  it('draws new secrets every time', async () => {
    const [one, two] = [join(folder, 'one.zkey'), join(folder, 'two.zkey')];
    for (const zkey of [one, two])
      await devSetup({ r1cs: circuits.allPrivate.r1cs, zkey, backend, threads: 1 });
    const [first, second] = [await exportVerificationKey(one), await exportVerificationKey(two)];
    expect(first.vk_alpha_1).not.toEqual(second.vk_alpha_1);
    expect(first.vk_delta_2).not.toEqual(second.vk_delta_2);
  });

  it.each([
    ['a wire that does not exist', 0, Buffer.from([0xff, 0xff, 0xff, 0x7f])],
    ['a coefficient that is the prime', 4, Buffer.from(toLittleEndian(FIELD, 32))],
    ['a count that runs past the end', -4, Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ])('refuses an r1cs with %s and leaves nothing behind', async (_, at, bytes) => {
    const own = await mkdtemp(join(folder, 'bad-'));
    const r1cs = join(own, 'bad.r1cs');
    await copyFile(circuits.mixed.r1cs, r1cs);
    // The first term of the first constraint's A, after the section's header and the count of terms.
    const start = (await readFile(r1cs)).indexOf(Buffer.from([2, 0, 0, 0]), 12) + 12 + 4;
    const file = await open(r1cs, 'r+');
    await file.write(bytes, 0, bytes.length, start + at);
    await file.close();
    const setup = devSetup({ r1cs, zkey: join(own, 'key.zkey'), backend, threads: 1 });
    await expect(setup).rejects.toMatchObject({ name: 'MillraceError', kind: 'input', code: 'bad-r1cs' });
    expect(await readdir(own)).toEqual(['bad.r1cs']);
  });
});

describe('the r1cs header', () => {
  const setup = async (bytes: Buffer) => {
    const r1cs = join(folder, 'header.r1cs');
    await writeFile(r1cs, bytes);
    return devSetup({ r1cs, zkey: join(folder, 'header.zkey'), backend: 'wasm', threads: 1 });
  };
  const refused = { name: 'MillraceError', code: 'bad-r1cs' };

  it('is refused in a file cut anywhere', async () => {
    const whole = await readFile(circuits.allPrivate.r1cs);
    for (let length = 0; length < whole.length; length += 7) {
      await expect(setup(whole.subarray(0, length))).rejects.toMatchObject(refused);
    }
  });

  it('is refused for another prime, and for sizes that the file belies', async () => {
    const whole = await readFile(circuits.allPrivate.r1cs);
    const prime = whole.indexOf(Buffer.from(toLittleEndian(FIELD, 32)));
    const otherPrime = Buffer.from(whole);
    otherPrime.writeUInt8((whole[prime] ?? 0) ^ 2, prime);
    await expect(setup(otherPrime)).rejects.toMatchObject(refused);
    // After the prime: wires, outputs, public and private inputs, labels (64 bits), constraints.
    for (const [at, value] of [
      [0, 2 ** 32 - 1],
      [0, 0],
      [4, 1000],
      [24, 2 ** 32 - 1],
    ] as const) {
      const lying = Buffer.from(whole);
      lying.writeUInt32LE(value, prime + 32 + at);
      await expect(setup(lying)).rejects.toMatchObject(refused);
    }
  });

  it('is refused where there is no file', async () => {
    const missing = devSetup({ r1cs: join(folder, 'none'), zkey: join(folder, 'none.zkey') });
    await expect(missing).rejects.toMatchObject(refused);
  });
});
