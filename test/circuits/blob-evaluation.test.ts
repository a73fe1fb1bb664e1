import { beforeAll, describe, expect, test } from 'vitest';
import { evaluateBls } from '../../protocol/blob/blob.ts';
import { BLS_FIELD } from '../../protocol/blob/scalar-field.ts';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD, reduce } from '../../protocol/field.ts';
import { gadget } from '../../prover/artifacts/gadget-circuit.ts';
import type { CircuitInput } from '../../prover/witness-input.ts';
import { Random } from '../../scripts/random.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { freeSignals } from '../support/free-signals.ts';
import { R1csSolver } from '../support/r1cs-solver.ts';
import { unsimplified } from './freedom.ts';

const LIMBS = 8;
const LIMB_BITS = 31n;
/** Largest limbs of an element and of a number of the field, as the circuit allows them. */
const ELEMENT_MAX = [48, 35, 35, 35, 48, 35, 35, 35].map((bits) => (1n << BigInt(bits)) - 1n);
const NUMBER_MAX = [31, 31, 31, 31, 31, 31, 31, 38].map((bits) => (1n << BigInt(bits)) - 1n);
const POINT_MAX = (1n << 240n) - 1n;

const limbsOf = (number: bigint): bigint[] =>
  Array.from({ length: LIMBS }, (_, i) =>
    i === LIMBS - 1 ? number >> (LIMB_BITS * 7n) : BigInt.asUintN(31, number >> (LIMB_BITS * BigInt(i))),
  );
const integerOf = (coefficients: readonly bigint[]): bigint =>
  coefficients.reduceRight((sum, limb) => (sum << LIMB_BITS) + limb, 0n);
const product = (a: readonly bigint[], b: readonly bigint[]): bigint[] => {
  const out = Array<bigint>(2 * LIMBS - 1).fill(0n);
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      out[i + j]! += x * y;
    });
  });
  return out;
};
const text = (value: unknown): string => `${value}`;

async function accepts(circuit: CompiledCircuit, input: CircuitInput): Promise<boolean> {
  try {
    await circuit.witness(input);
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'witness-failed') return false;
    throw error;
  }
}

function evaluationInput(elements: readonly (readonly bigint[])[], z: bigint, y?: bigint): CircuitInput {
  const value = y ?? evaluateBls(elements.map(integerOf), z);
  const high = value >> 248n;
  return {
    b: elements.map((limbs) => limbs.map(text)),
    zy: text(z | (high << 240n)),
    yLo: text(value & ((1n << 248n) - 1n)),
  };
}

describe.each([1, 2, 3, 5, 10])('the value of %i elements', (n) => {
  let circuit: CompiledCircuit;
  beforeAll(async () => {
    circuit = await CompiledCircuit.open(
      gadget(`blob-evaluation-${n}`, 'blob_evaluation.circom', `BlobEvaluation(${n})`),
    );
  });
  const random = new Random(n);
  const anyElements = () =>
    Array.from({ length: n }, () => ELEMENT_MAX.map((max) => random.bits(64) % (max + 1n)));
  const largest = Array.from({ length: n }, () => ELEMENT_MAX);
  const none = Array.from({ length: n }, () => Array<bigint>(LIMBS).fill(0n));

  test.each<[string, readonly (readonly bigint[])[], bigint]>([
    ...Array.from({ length: 6 }, (_, i): [string, bigint[][], bigint] => [
      `random ${i}`,
      anyElements(),
      random.bits(240),
    ]),
    ['the largest limbs at the largest point', largest, POINT_MAX],
    ['the largest limbs at 0', largest, 0n],
    ['the largest limbs at 1', largest, 1n],
    ['zeros', none, random.bits(240)],
    ['a point of few limbs', anyElements(), (1n << 31n) + 1n],
  ])('is that of the model: %s', async (_, elements, z) => {
    expect(await accepts(circuit, evaluationInput(elements, z))).toBe(true);
  });

  test('no other value is taken', async () => {
    const elements = anyElements();
    const z = random.bits(240);
    const y = evaluateBls(elements.map(integerOf), z);
    for (const lie of [y + 1n, y - 1n, y ^ (1n << 248n), y ^ (1n << 100n), (y + FIELD) % BLS_FIELD]) {
      expect(await accepts(circuit, evaluationInput(elements, z, lie))).toBe(false);
    }
    const input = evaluationInput(elements, z);
    const wide = text(BigInt(input.zy as string) + (1n << 247n));
    expect(await accepts(circuit, { ...input, zy: wide })).toBe(false);
  });
});

test('no signal of an evaluation can be anything else while all others stay', async () => {
  const circuit = await CompiledCircuit.open(
    gadget('blob-evaluation-5', 'blob_evaluation.circom', 'BlobEvaluation(5)'),
  );
  const random = new Random(7);
  const elements = Array.from({ length: 5 }, () => ELEMENT_MAX.map((max) => random.bits(64) % max));
  const witness = await circuit.witness(evaluationInput(elements, random.bits(240)));
  expect(await freeSignals(circuit, await circuit.r1cs(), witness)).toEqual([]);
});

describe('a reduction, with a remainder and a quotient that a hostile prover chooses', () => {
  const max = product(NUMBER_MAX, NUMBER_MAX);
  let circuit: CompiledCircuit;
  let solver: R1csSolver;
  let wires: Map<string, number>;
  beforeAll(async () => {
    circuit = await CompiledCircuit.open(
      unsimplified(gadget('bls-reduce', 'bls_field.circom', `BlsReduce([${max}])`)),
    );
    solver = new R1csSolver(await circuit.r1cs());
    wires = new Map([...(await circuit.wireNames())].map(([wire, name]) => [name, wire]));
  });

  async function verdict(coefficients: readonly bigint[], limbs: readonly bigint[], quotient: bigint) {
    const given = new Map<number, bigint>();
    coefficients.forEach((value, k) => {
      given.set(wires.get(`main.in[${k}]`)!, value);
    });
    limbs.forEach((limb, i) => {
      given.set(wires.get(`main.out[${i}]`)!, reduce(limb));
    });
    given.set(wires.get('main.quotient')!, reduce(quotient));
    return solver.solve(given).kind;
  }

  /** What the circuit folds a sum of products to, before it divides. */
  function folded(coefficients: readonly bigint[]): bigint {
    const high = coefficients
      .slice(LIMBS)
      .map((c, k) => c * ((1n << (LIMB_BITS * BigInt(LIMBS + k))) % BLS_FIELD));
    return integerOf(coefficients.slice(0, LIMBS)) + high.reduce((sum, term) => sum + term, 0n);
  }

  const random = new Random(11);
  const number = () => NUMBER_MAX.map((limb) => random.bits(64) % (limb + 1n));
  const coefficients = product(number(), number());
  const whole = folded(coefficients);
  const [quotient, remainder] = [whole / BLS_FIELD, whole % BLS_FIELD];

  test('the division’s are taken, also for the largest products', async () => {
    expect(await verdict(coefficients, limbsOf(remainder), quotient)).toBe('found');
    const largest = folded(max);
    expect(await verdict(max, limbsOf(largest % BLS_FIELD), largest / BLS_FIELD)).toBe('found');
    for (const input of [coefficients, max])
      expect(await accepts(circuit, { in: input.map(text) })).toBe(true);
  });

  test('another representative of 255 bits is taken: it is congruent', async () => {
    const small = product(limbsOf(3n), limbsOf(5n));
    expect(await verdict(small, limbsOf(15n), 0n)).toBe('found');
    const again = product(limbsOf(BLS_FIELD - 1n), limbsOf(BLS_FIELD - 2n));
    const other = folded(again);
    expect(other % BLS_FIELD).toBe(2n);
    expect(await verdict(again, limbsOf(2n + BLS_FIELD), other / BLS_FIELD - 1n)).toBe('found');
  });

  test.each<[string, readonly bigint[], bigint]>([
    ['one more', limbsOf(remainder + 1n), quotient],
    ['the quotient one more', limbsOf(remainder), quotient + 1n],
    ['right modulo 2^124 only', limbsOf(remainder ^ (1n << 200n)), quotient],
    ['right modulo r only', limbsOf(reduce(whole - 12345n * BLS_FIELD)), 12345n],
    ['right modulo r only, quotient 0', limbsOf(reduce(whole)), 0n],
    ['right modulo r only, the quotient of the true one', limbsOf(reduce(remainder - FIELD)), quotient],
    ['a limb of 32 bits', limbsOf(remainder).map((limb, i) => limb + ([1n << 31n, -1n][i] ?? 0n)), quotient],
    ['a negative limb', limbsOf(remainder).map((limb, i) => limb - ([1n << 31n, -1n][i] ?? 0n)), quotient],
    ['a remainder of 256 bits', limbsOf(remainder + 2n * BLS_FIELD), quotient - 2n],
    [
      'a negative remainder',
      limbsOf(remainder).map((limb, i) => (i === 7 ? limb - (BLS_FIELD >> 217n) - 1n : limb)),
      quotient + 1n,
    ],
  ])('%s is refused', async (_, limbs, chosen) => {
    expect(await verdict(coefficients, limbs, chosen)).toBe('none');
  });

  test('a negative quotient is refused', async () => {
    expect(await verdict(product(limbsOf(3n), limbsOf(5n)), limbsOf(15n + BLS_FIELD), -1n)).toBe('none');
  });
});

describe('limbs of an element', () => {
  let circuit: CompiledCircuit;
  beforeAll(async () => {
    circuit = await CompiledCircuit.open(gadget('element-limbs', 'blob_evaluation.circom', 'ElementLimbs()'));
  });

  test.each([0n, 1n, (1n << 248n) - 1n, new Random(1).bits(248)])('%i has its limbs', async (element) => {
    const witness = await circuit.witness({ in: text(element) });
    expect(integerOf(witness.slice(1, 1 + LIMBS))).toBe(element);
  });

  test.each([1n << 248n, FIELD - 1n])('%i has too many bits', async (element) => {
    expect(await accepts(circuit, { in: text(element) })).toBe(false);
  });
});
