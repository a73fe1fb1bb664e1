import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groth16 } from 'snarkjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FIELD } from '../../protocol/field.ts';
import { type ProofOutput, selectBackend } from '../backend.ts';
import { loadNative } from '../native/addon.ts';
import { buildNative } from '../native/build.mjs';
import { makeTestCircuit, type TestCircuit } from '../native/test-circuit.ts';
import { NativeBackend } from './native.ts';

const hasNative = buildNative({ log: () => undefined }) !== undefined;
/** Public and private wires. The last one has more rows than one thread's share of a transform. */
const CIRCUITS = {
  mixed: { publicWires: 3, privateWires: 40 },
  'all public': { publicWires: 9, privateWires: 0 },
  'no public signal': { publicWires: 0, privateWires: 30 },
  'many public signals': { publicWires: 300, privateWires: 20 },
  smallest: { publicWires: 1, privateWires: 0 },
  large: { publicWires: 2, privateWires: 20_000 },
};
type CircuitName = keyof typeof CIRCUITS;
const names = Object.keys(CIRCUITS) as CircuitName[];

describe.runIf(hasNative)('the native backend', () => {
  const circuits = {} as Record<CircuitName, TestCircuit>;
  let folder: string;
  let backend: NativeBackend;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-native-'));
    for (const name of names) {
      circuits[name] = await makeTestCircuit(folder, name.replaceAll(' ', '-'), CIRCUITS[name]);
    }
  });

  afterAll(async () => {
    // snarkjs's verifier leaves its worker threads running.
    const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
    await curve?.terminate();
    await rm(folder, { recursive: true });
  });

  beforeEach(() => {
    backend = new NativeBackend(loadNative()!, 2);
  });

  afterEach(() => backend.close());

  function verify({ vkey }: TestCircuit, { proof, publicSignals }: ProofOutput): Promise<boolean> {
    return groth16.verify(vkey, publicSignals, proof);
  }

  it.each(names)('makes proofs that snarkjs verifies, of this statement only: %s', async (name) => {
    const circuit = circuits[name];
    const made = await backend.prove(circuit.zkey, circuit.wtns);
    expect(made.publicSignals).toEqual(circuit.publicSignals);
    expect(await verify(circuit, made)).toBe(true);
    if (made.publicSignals.length === 0) return;
    const other = made.publicSignals.with(-1, String((BigInt(made.publicSignals.at(-1)!) + 1n) % FIELD));
    expect(await verify(circuit, { ...made, publicSignals: other })).toBe(false);
  });

  it('never makes the same proof twice', async () => {
    const { zkey, wtns } = circuits.mixed;
    const [one, two] = [await backend.prove(zkey, wtns), await backend.prove(zkey, wtns)];
    for (const part of ['pi_a', 'pi_b', 'pi_c'] as const)
      expect(one.proof[part]).not.toEqual(two.proof[part]);
  });

  it('makes several proofs at once, of several keys', async () => {
    const jobs = [...names, ...names].map(async (name) => {
      const { zkey, wtns } = circuits[name];
      return verify(circuits[name], await backend.prove(zkey, await readFile(wtns)));
    });
    expect(await Promise.all(jobs)).toEqual(jobs.map(() => true));
  });

  it('opens a key anew when its file is another one', async () => {
    const zkey = join(folder, 'replaced.zkey');
    await copyFile(circuits.mixed.zkey, zkey);
    expect(await verify(circuits.mixed, await backend.prove(zkey, circuits.mixed.wtns))).toBe(true);
    await copyFile(circuits['all public'].zkey, `${zkey}.new`);
    await rename(`${zkey}.new`, zkey);
    const made = await backend.prove(zkey, circuits['all public'].wtns);
    expect(await verify(circuits['all public'], made)).toBe(true);
  });

  it('refuses files that are missing, of another kind, or of another circuit', async () => {
    const { zkey, wtns } = circuits.mixed;
    const absent = join(folder, 'absent');
    await expect(backend.prove(absent, wtns)).rejects.toMatchObject({ kind: 'input', code: 'bad-zkey' });
    await expect(backend.prove(wtns, wtns)).rejects.toMatchObject({ kind: 'input', code: 'bad-zkey' });
    await expect(backend.prove(folder, wtns)).rejects.toMatchObject({ kind: 'input', code: 'bad-zkey' });
    await expect(backend.prove(zkey, absent)).rejects.toMatchObject({ code: 'bad-witness-file' });
    await expect(backend.prove(zkey, zkey)).rejects.toMatchObject({ code: 'bad-witness-file' });
    await expect(backend.prove(zkey, circuits.large.wtns)).rejects.toMatchObject({
      kind: 'input',
      code: 'witness-mismatch',
      details: { expected: 44, found: 20_003 },
    });
  });

  it('goes on after a refused key', async () => {
    const zkey = join(folder, 'late.zkey');
    await writeFile(zkey, 'not a key');
    await expect(backend.prove(zkey, circuits.mixed.wtns)).rejects.toMatchObject({ code: 'bad-zkey' });
    await copyFile(circuits.mixed.zkey, zkey);
    expect(await verify(circuits.mixed, await backend.prove(zkey, circuits.mixed.wtns))).toBe(true);
  });

  it('is what auto takes', async () => {
    for (const choice of ['auto', 'native'] as const) {
      const selected = await selectBackend(choice);
      expect(selected.name).toBe('native');
      await selected.close();
    }
  });
});
