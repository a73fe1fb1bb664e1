import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../../protocol/field.ts';
import type { Groth16Proof } from '../proof.ts';
import { BASE_FIELD } from '../setup/zkey-sections.ts';
import { verifyWith } from '../verify.ts';
import { loadNative } from './addon.ts';
import { buildNative } from './build.mjs';
import { NativeProver } from './native-prover.ts';
import { makeTestCircuit, type TestCircuit } from './test-circuit.ts';

const run = promisify(execFile);
const hasNative = buildNative({ log: () => undefined }) !== undefined;

interface Made {
  readonly proof: Groth16Proof;
  readonly publicSignals: string[];
}

describe.runIf(hasNative)('native verification', () => {
  const addon = loadNative()!;
  let folder: string;
  let circuit: TestCircuit;
  let proofs: Made[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-verify-'));
    circuit = await makeTestCircuit(folder, 'three', { publicWires: 3, privateWires: 20 });
    proofs = await prove(circuit, 9);
  });

  afterAll(async () => {
    const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
    await curve?.terminate();
    await rm(folder, { recursive: true });
  });

  async function prove({ zkey, wtns }: TestCircuit, count: number): Promise<Made[]> {
    const prover = await NativeProver.open(addon, zkey, 2);
    const witness = await readFile(wtns);
    const made = await Promise.all(Array.from({ length: count }, () => prover.prove(witness)));
    prover.close();
    return made;
  }

  const natively = (vkey: unknown, claims: readonly Made[]) => verifyWith(addon, vkey, claims);

  /** The proof with one of its eight coordinates replaced. */
  function withCoordinate({ proof, publicSignals }: Made, at: number, value: (old: bigint) => bigint): Made {
    const changed = structuredClone(proof);
    const places: [string[], number][] = [
      [changed.pi_a, 0],
      [changed.pi_a, 1],
      [changed.pi_b[0], 0],
      [changed.pi_b[0], 1],
      [changed.pi_b[1], 0],
      [changed.pi_b[1], 1],
      [changed.pi_c, 0],
      [changed.pi_c, 1],
    ];
    const [list, index] = places[at]!;
    list[index] = String(value(BigInt(list[index]!)));
    return { proof: changed, publicSignals };
  }

  const negated = (y: bigint) => (BASE_FIELD - y) % BASE_FIELD;

  it('agrees with snarkjs on good proofs and on points that are exchanged', async () => {
    const [first, second] = proofs as [Made, Made];
    const { proof } = first;
    const changed: Made[] = [
      first,
      { ...first, publicSignals: first.publicSignals.toReversed() },
      { ...first, proof: { ...proof, pi_a: second.proof.pi_a } },
      { ...first, proof: { ...proof, pi_b: second.proof.pi_b } },
      { ...first, proof: { ...proof, pi_c: second.proof.pi_c } },
      { ...first, proof: { ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a } },
      withCoordinate(first, 1, negated),
      withCoordinate(first, 7, negated),
    ];
    // (-A, -B, C) proves the same.
    const twice = withCoordinate(withCoordinate(withCoordinate(first, 1, negated), 4, negated), 5, negated);
    for (const [claim, holds] of [
      ...changed.map((made, i) => [made, i === 0] as const),
      [twice, true] as const,
    ]) {
      expect(await natively(circuit.vkey, [claim])).toEqual([holds]);
      expect(await groth16.verify(circuit.vkey, claim.publicSignals, claim.proof)).toBe(holds);
      expect(await verifyWith(undefined, circuit.vkey, [claim])).toEqual([holds]);
    }
  });

  it('refuses every change of a number', async () => {
    const change = fc.oneof(
      fc.bigInt(0n, 2n ** 256n - 1n).map((value) => () => value),
      fc.bigInt(1n, 1000n).map((more) => (old: bigint) => old + more),
      fc.constantFrom(
        (old: bigint) => old + BASE_FIELD,
        (old: bigint) => old + FIELD,
        (old: bigint) => (BASE_FIELD - old) % BASE_FIELD,
        () => 0n,
        () => BASE_FIELD,
        () => 2n ** 256n,
        () => 10n ** 78n - 1n,
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 10 }), change, async (at, value) => {
        const [made] = proofs as [Made];
        const signals = [...made.publicSignals];
        if (at >= 8) signals[at - 8] = String(value(BigInt(signals[at - 8]!)));
        const claim = at >= 8 ? { ...made, publicSignals: signals } : withCoordinate(made, at, value);
        const same = JSON.stringify(claim) === JSON.stringify(made);
        expect(await natively(circuit.vkey, [claim])).toEqual([same]);
        expect(await natively(circuit.vkey, [made, claim, made])).toEqual([true, same, true]);
        expect(await verifyWith(undefined, circuit.vkey, [claim])).toEqual([same]);
      }),
      { numRuns: 40 },
    );
  });

  it('finds which of many proofs are wrong', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }), async (good) => {
        const claims = good.map((holds, i) => (holds ? proofs[i]! : withCoordinate(proofs[i]!, 7, negated)));
        expect(await natively(circuit.vkey, claims)).toEqual(good);
      }),
      { numRuns: 15, examples: [[Array<boolean>(9).fill(true)], [Array<boolean>(9).fill(false)]] },
    );
  });

  it('is not deceived by errors that cancel each other out', async () => {
    // With equal weights, C_1 and C_2 could be exchanged.
    const [first, second] = proofs as [Made, Made];
    const exchanged = [
      { ...first, proof: { ...first.proof, pi_c: second.proof.pi_c } },
      { ...second, proof: { ...second.proof, pi_c: first.proof.pi_c } },
    ];
    expect(await natively(circuit.vkey, exchanged)).toEqual([false, false]);
  });

  it.each([0, 1, 300])('verifies proofs of %d public signals', async (publicWires) => {
    const other = await makeTestCircuit(folder, `public-${publicWires}`, { publicWires, privateWires: 9 });
    const made = await prove(other, 3);
    expect(made[0]!.publicSignals).toHaveLength(publicWires);
    expect(await natively(other.vkey, made)).toEqual([true, true, true]);
    expect(await natively(circuit.vkey, made)).toEqual([false, false, false]);
    expect(await groth16.verify(other.vkey, made[0]!.publicSignals, made[0]!.proof)).toBe(true);
    if (publicWires > 1) {
      const last = made[0]!.publicSignals.with(-1, '7');
      expect(await natively(other.vkey, [{ ...made[0]!, publicSignals: last }])).toEqual([false]);
    }
  });

  it('refuses the same keys as the WASM verifier, with the same errors', async () => {
    const { vkey } = circuit;
    const g1 = (field: string) => vkey[field] as string[];
    const g2 = (field: string) => vkey[field] as string[][];
    const opposite = (field: string) => {
      const [x, y, z] = g2(field);
      return [x, y!.map((c) => String(negated(BigInt(c)))), z];
    };
    const infinity = {
      g1: ['0', '1', '0'],
      g2: [
        ['0', '0'],
        ['1', '0'],
        ['0', '0'],
      ],
    };
    const keys: [Record<string, unknown>, object][] = [
      [{ IC: g1('IC').slice(1) }, { code: 'malformed-verification-key', details: { field: 'IC' } }],
      [{ vk_alpha_1: ['1', '1', '1'] }, { details: { field: 'vk_alpha_1' } }],
      [{ vk_alpha_1: ['0', '0', '1'] }, { details: { field: 'vk_alpha_1' } }],
      [{ vk_alpha_1: infinity.g1 }, { details: { field: 'vk_alpha_1', problem: 'the point at infinity' } }],
      [{ vk_gamma_2: infinity.g2 }, { details: { field: 'vk_gamma_2', problem: 'the point at infinity' } }],
      [{ vk_alpha_1: [g1('vk_alpha_1')[0], g1('vk_alpha_1')[1], '2'] }, { details: { field: 'vk_alpha_1' } }],
      [{ vk_alpha_1: [String(2n ** 256n), '2', '1'] }, { details: { field: 'vk_alpha_1' } }],
      [
        { vk_alpha_1: [String(BigInt(g1('vk_alpha_1')[0]!) + BASE_FIELD), g1('vk_alpha_1')[1], '1'] },
        { details: { field: 'vk_alpha_1', problem: 'not a point of the group' } },
      ],
      [
        {
          vk_delta_2: [
            ['1', '1'],
            ['1', '1'],
            ['1', '0'],
          ],
        },
        { details: { field: 'vk_delta_2' } },
      ],
      [{ IC: [...(vkey.IC as unknown[]).slice(0, 3), ['3', '4', '1']] }, { details: { field: 'IC.3' } }],
      [{ vk_gamma_2: g2('vk_delta_2') }, { kind: 'refused', code: 'forgeable-key' }],
      [{ vk_gamma_2: opposite('vk_beta_2') }, { kind: 'refused', code: 'forgeable-key' }],
      [{ vk_delta_2: opposite('vk_beta_2') }, { kind: 'refused', code: 'forgeable-key' }],
    ];
    for (const [change, expected] of keys) {
      const errors = await Promise.all(
        [addon, undefined].map((engine) =>
          verifyWith(engine, { ...vkey, ...change }, [proofs[0]!]).catch((error: unknown) => error),
        ),
      );
      expect(errors[0]).toMatchObject(expected);
      expect(errors[0]).toEqual(errors[1]);
    }
  });

  it('throws on arguments that are none', () => {
    expect(() => addon.verifyProofs([1] as never, [])).toThrow(TypeError);
    expect(() => addon.verifyProofs([], [5] as never)).toThrow(TypeError);
    expect(() => addon.verifyProofs([-1n], [])).toThrow(RangeError);
    expect(() => addon.verifyProofs([], [[2n ** 256n]])).toThrow(RangeError);
  });

  it('rejects a key that is not complete', async () => {
    await expect(addon.verifyProofs([], [])).rejects.toMatchObject({ code: 'bad-verification-key' });
    await expect(addon.verifyProofs(Array<bigint>(14).fill(0n), [])).rejects.toMatchObject({
      code: 'bad-verification-key',
    });
  });

  it.each(['adx', 'portable'])('gives the same with the kernel "%s"', async (kernel) => {
    const bad = withCoordinate(proofs[1]!, 7, negated);
    const script = `
      const { verifyProofs } = await import(${JSON.stringify(new URL('../verify.ts', import.meta.url).href)});
      const { vkey, claims } = JSON.parse(process.argv[1]);
      console.log(JSON.stringify(await verifyProofs(vkey, claims)));`;
    const input = JSON.stringify({ vkey: circuit.vkey, claims: [proofs[0], bad, proofs[2]] });
    const ended = await run(process.execPath, ['--input-type=module', '-e', script, input], {
      env: { ...process.env, MILLRACE_KERNEL: kernel },
    }).catch((error: unknown) => error);
    if (ended instanceof Error) {
      expect(kernel).toBe('adx');
      expect(ended).toMatchObject({ stderr: expect.stringContaining('native-kernel') });
      return;
    }
    expect(JSON.parse((ended as { stdout: string }).stdout)).toEqual([true, false, true]);
  });
});
