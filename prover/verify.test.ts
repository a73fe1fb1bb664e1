import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../protocol/field.ts';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import type { ProofOutput } from './backend.ts';
import { SnarkjsBackend } from './backends/snarkjs.ts';
import { bn254 } from './curve.ts';
import { loadNative } from './native/addon.ts';
import { buildNative } from './native/build.mjs';
import { verifyProof, verifyProofs, verifyWith } from './verify.ts';
import { WitnessCalculator } from './witness.ts';

/** Order of the base field. */
const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

let toy: ToyFiles;
let made: ProofOutput;

beforeAll(async () => {
  toy = await toyCircuit();
  const calculator = await WitnessCalculator.open(toy.wasm);
  made = await new SnarkjsBackend().prove(toy.zkey, await calculator.calculate(toyInput(5n).input));
}, 60_000);

const hasNative = buildNative({ log: () => undefined }) !== undefined;
const engines = [
  { engine: 'WASM', addon: undefined },
  ...(hasNative ? [{ engine: 'the addon', addon: loadNative() }] : []),
];

describe.each(engines)('verification with $engine', ({ addon }) => {
  async function verify(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<boolean> {
    const [holds] = await verifyWith(addon, vkey, [{ publicSignals, proof }]);
    return holds === true;
  }

  it('accepts a proof of its own signals only', async () => {
    expect(made.publicSignals).toEqual(toyInput(5n).publicSignals);
    expect(await verify(toy.vkey, made.publicSignals, made.proof)).toBe(true);
    expect(await verify(toy.vkey, toyInput(6n).publicSignals, made.proof)).toBe(false);
    expect(await verify(toy.vkey, made.publicSignals.slice(1), made.proof)).toBe(false);
    expect(await verify(toy.vkey, [...made.publicSignals, '0'], made.proof)).toBe(false);
  });

  it('refuses a signal that equals a good one modulo r', async () => {
    const aliased = made.publicSignals.map((signal) => String(BigInt(signal) + FIELD));
    expect(await verify(toy.vkey, aliased, made.proof)).toBe(false);
  });

  it('refuses coordinates that equal good ones modulo q, and points off the curve', async () => {
    const { pi_a } = made.proof;
    const alias = String(BigInt(pi_a[0]) + Q);
    expect(await verify(toy.vkey, made.publicSignals, { ...made.proof, pi_a: [alias, pi_a[1], '1'] })).toBe(
      false,
    );
    expect(await verify(toy.vkey, made.publicSignals, { ...made.proof, pi_a: ['1', '3', '1'] })).toBe(false);
    expect(await verify(toy.vkey, made.publicSignals, { ...made.proof, pi_a: ['0', '1', '0'] })).toBe(false);
    expect(await verify(toy.vkey, made.publicSignals, { ...made.proof, pi_a: ['7', '7', '0'] })).toBe(false);
    expect(await verify(toy.vkey, made.publicSignals, { ...made.proof, pi_a: ['0', '0', '1'] })).toBe(false);
  });

  it('refuses a B outside the subgroup', async () => {
    // x = 1 + u is on the twist y^2 = x^3 + 3 / (9 + u) with a point that r does not kill.
    const { G2 } = await bn254();
    const stray = await strayTwistPoint();
    expect(G2.isValid(G2.fromObject(stray.map((pair) => pair.map(BigInt))))).toBe(true);
    expect(await verify(toy.vkey, made.publicSignals, { ...made.proof, pi_b: stray })).toBe(false);
  });

  it('never throws on hostile proofs and signals', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), async (signals, proof) => {
        expect(await verify(toy.vkey, signals, proof)).toBe(false);
      }),
      { numRuns: 50 },
    );
    for (const bad of ['-1', '01', '0x1', '', ' 1', '1e3', 5, null]) {
      expect(await verify(toy.vkey, [bad, ...made.publicSignals.slice(1)], made.proof)).toBe(false);
    }
  });

  it('refuses any changed coordinate', async () => {
    const bump = (value: string): string => String((BigInt(value) + 1n) % Q);
    const { pi_a, pi_b, pi_c } = made.proof;
    const changed = [
      { ...made.proof, pi_a: [pi_a[0], bump(pi_a[1]), '1'] },
      { ...made.proof, pi_a: pi_c, pi_c: pi_a },
      { ...made.proof, pi_b: [[bump(pi_b[0][0]), pi_b[0][1]], pi_b[1], pi_b[2]] },
      { ...made.proof, pi_c: [bump(pi_c[0]), pi_c[1], '1'] },
    ];
    for (const proof of changed) expect(await verify(toy.vkey, made.publicSignals, proof)).toBe(false);
  });

  it('throws on a verification key that is malformed or lets anyone forge', async () => {
    const check = (vkey: unknown): Promise<boolean> => verify(vkey, made.publicSignals, made.proof);
    await expect(check({})).rejects.toMatchObject({ code: 'malformed-verification-key' });
    await expect(check({ ...toy.vkey, nPublic: 2 })).rejects.toMatchObject({
      code: 'malformed-verification-key',
    });
    await expect(check({ ...toy.vkey, vk_alpha_1: ['1', '3', '1'] })).rejects.toMatchObject({
      details: { field: 'vk_alpha_1' },
    });
    await expect(check(toy.forgeableVkey)).rejects.toMatchObject({ kind: 'refused', code: 'forgeable-key' });
  });

  it('judges each of many proofs for itself', async () => {
    const good = { publicSignals: made.publicSignals, proof: made.proof };
    const wrong = { ...good, publicSignals: toyInput(6n).publicSignals };
    const malformed = { ...good, proof: {} };
    const short = { ...good, publicSignals: [] };
    expect(await verifyWith(addon, toy.vkey, [good, wrong, good, malformed, good, short])).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(await verifyWith(addon, toy.vkey, [good, good, good, good])).toEqual([true, true, true, true]);
    expect(await verifyWith(addon, toy.vkey, [])).toEqual([]);
    await expect(verifyWith(addon, {}, [])).rejects.toMatchObject({ code: 'malformed-verification-key' });
  });
});

it('takes the addon where there is one', async () => {
  expect(await verifyProof(toy.vkey, made.publicSignals, made.proof)).toBe(true);
  expect(await verifyProofs(toy.vkey, [made, { ...made, publicSignals: ['1'] }])).toEqual([true, false]);
});

/** Finds a point of the twist that is not in the subgroup of order r: nearly every point is such. */
async function strayTwistPoint(): Promise<[[string, string], [string, string], [string, string]]> {
  const mul = ([a, b]: readonly [bigint, bigint], [c, d]: readonly [bigint, bigint]): [bigint, bigint] => [
    mod(a * c - b * d),
    mod(a * d + b * c),
  ];
  const norm = 82n; // 9^2 + 1^2
  const twistB: [bigint, bigint] = [mod(27n * power(norm, Q - 2n)), mod(-3n * power(norm, Q - 2n))];
  for (let i = 1n; ; i++) {
    const x: [bigint, bigint] = [i, 1n];
    const cube = mul(mul(x, x), x);
    const [a, b] = [mod(cube[0] + twistB[0]), mod(cube[1] + twistB[1])];
    // Square root in Fq2 by the complex method; q = 3 mod 4.
    const root = power(mod(a * a + b * b), (Q + 1n) / 4n);
    for (const sign of [1n, -1n]) {
      const y0 = power(mod((a + sign * root) * power(2n, Q - 2n)), (Q + 1n) / 4n);
      const y1 = mod(b * power(mod(2n * y0), Q - 2n));
      const [s0, s1] = mul([y0, y1], [y0, y1]);
      if (s0 === a && s1 === b)
        return [
          [`${i}`, '1'],
          [`${y0}`, `${y1}`],
          ['1', '0'],
        ];
    }
  }
}

function mod(value: bigint): bigint {
  return ((value % Q) + Q) % Q;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b))
    if (e & 1n) result = mod(result * b);
  return result;
}
