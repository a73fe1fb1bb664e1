import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { BASE, multiply, type Point, SUBGROUP_ORDER } from '../../protocol/babyjubjub.ts';
import { FIELD, reduce } from '../../protocol/field.ts';
import { keyPairFromPrivateKey, sign } from '../../protocol/keys.ts';
import { gadget } from '../../prover/artifacts/gadget-circuit.ts';
import { BASE_WINDOWS_FILE, baseWindowsSource } from '../../scripts/base-windows.ts';
import { Random } from '../../scripts/random.ts';
import { digitPoints } from '../support/chosen-signals.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csChecker } from '../support/r1cs.ts';
import { R1csSolver, type Solution } from '../support/r1cs-solver.ts';
import { unsimplified } from './freedom.ts';

const RANDOM = new Random(3);
const negative = ([x, y]: Point): Point => [reduce(-x), y];

test('a signature costs at most 2,640 constraints and leaves no signal free', async () => {
  const circuit = await CompiledCircuit.open(gadget('signature', 'signature.circom', 'Signature()'));
  const r1cs = await circuit.r1cs();
  expect(r1cs.constraints.length).toBeLessThanOrEqual(2640);
  const { publicKey, ...key } = keyPairFromPrivateKey(new Uint8Array(32).fill(9));
  const { r8, s } = sign({ publicKey, ...key }, 77n);
  const input = { enabled: 1n, ax: publicKey[0], ay: publicKey[1], r8x: r8[0], r8y: r8[1], s, message: 77n };
  const witness = await circuit.witness(
    Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)])),
  );
  const checker = new R1csChecker(r1cs, witness);
  expect(checker.broken()).toBeUndefined();
  for (let wire = 1; wire < r1cs.wires; wire++) {
    for (const value of [0n, 1n, reduce(witness[wire]! + 1n), reduce(-witness[wire]!), RANDOM.bits(253)]) {
      if (value !== witness[wire]) expect(checker.brokenBy(new Map([[wire, value]]))).toBeDefined();
    }
  }
});

/** Numbers around the multiples of the order, where a ladder with gaps would stumble. */
function edges(limit: bigint): bigint[] {
  const near = Array.from({ length: 9 }, (_, i) => BigInt(i) * SUBGROUP_ORDER);
  const powers = [1n, 5n, 64n, 128n, 249n, 250n, 251n, 252n, 253n].map((bits) => 1n << bits);
  return [...near, ...near.map((n) => n / 2n), ...powers, FIELD, FIELD - SUBGROUP_ORDER]
    .flatMap((n) => [-3n, -2n, -1n, 0n, 1n, 2n, 3n].map((delta) => n + delta))
    .filter((n) => n >= 0n && n < limit);
}

test('h Q for every h that is near an edge', async () => {
  const circuit = await CompiledCircuit.open(
    gadget('challenge', 'challenge_times.circom', 'ChallengeTimes()'),
  );
  const points = [BASE, negative(BASE), multiply(BASE, 8n), multiply(BASE, RANDOM.bits(250))];
  for (const [i, h] of edges(FIELD).entries()) {
    const q = points[i % points.length]!;
    const witness = await circuit.witness({ h: String(h), q: q.map(String) });
    expect(witness.slice(1, 3)).toEqual([...multiply(q, h % SUBGROUP_ORDER)]);
  }
});

test('S B8 for every S that is near an edge, none from the order on', async () => {
  const circuit = await CompiledCircuit.open(gadget('base', 'base_times.circom', 'BaseTimes()'));
  for (const s of [...edges(SUBGROUP_ORDER), RANDOM.bits(250)]) {
    const witness = await circuit.witness({ s: String(s) });
    expect(witness.slice(1, 3)).toEqual([...multiply(BASE, s)]);
  }
  for (const s of [SUBGROUP_ORDER, SUBGROUP_ORDER + 1n, 2n * SUBGROUP_ORDER, FIELD - 1n]) {
    await expect(circuit.witness({ s: String(s) })).rejects.toMatchObject({ code: 'witness-failed' });
  }
});

// A prover may add another multiple of l to h, and name another limb that decides a comparison.
test('for each multiple that a prover may add, the point is h Q, or nothing satisfies the constraints', async () => {
  const circuit = await CompiledCircuit.open(
    unsimplified(gadget('challenge', 'challenge_times.circom', 'ChallengeTimes()')),
  );
  const solver = new R1csSolver(await circuit.r1cs());
  for (const h of [1n, FIELD - 1n, FIELD - SUBGROUP_ORDER, 1n << 252n, RANDOM.bits(254) % FIELD]) {
    const expected = [...multiply(BASE, h % SUBGROUP_ORDER)];
    let ways = 0;
    for (let choice = 0; choice < 16; choice++) {
      const bits = ['e', 'qBits[0]', 'qBits[1]', 'qBits[2]'].map((name, i): [string, bigint] => [
        `main.${name}`,
        BigInt((choice >> i) & 1),
      ]);
      const given = new Map([
        ...(await circuit.inputWires({ h: String(h), q: BASE.map(String) })),
        ...(await circuit.wiresOf(new Map(bits))),
      ]);
      for (const solution of await decided(circuit, solver, given, 'main.range')) {
        expect(solution.open).toEqual([]);
        expect(solution.values.slice(1, 3)).toEqual(expected);
        ways++;
      }
    }
    expect(ways).toBeGreaterThan(0);
  }
});

/** The points that `BaseTimes` is given for its windows, by the names that the compiler leaves them: those of the first additions. */
function windowSignals(points: readonly (readonly [u: bigint, v: bigint])[]): Map<string, bigint> {
  return new Map(
    points.flatMap((point, j) => {
      const summand = `main.sum[${Math.max(j - 1, 0)}].${j === 0 ? 'p' : 'q'}`;
      return point.map((coordinate, c): [string, bigint] => [`${summand}[${c}]`, coordinate]);
    }),
  );
}

describe('whatever a prover gives for the windows of S', () => {
  let circuit: CompiledCircuit;
  let solver: R1csSolver;
  const S = RANDOM.bits(250);

  beforeAll(async () => {
    circuit = await CompiledCircuit.open(unsimplified(gadget('base', 'base_times.circom', 'BaseTimes()')));
    solver = new R1csSolver(await circuit.r1cs());
  });

  const solutions = async (s: bigint, points: readonly (readonly [bigint, bigint])[]) =>
    decided(
      circuit,
      solver,
      new Map([
        ...(await circuit.inputWires({ s: String(s) })),
        ...(await circuit.wiresOf(windowSignals(points))),
      ]),
      'main.range',
    );

  test.each([0n, 1n, S, SUBGROUP_ORDER - 1n])('%i has one witness', async (s) => {
    const found = await solutions(s, digitPoints(s));
    expect(found.map(({ values, open }) => [values.slice(1, 3), open])).toEqual([
      [[...multiply(BASE, s)], []],
    ]);
  });

  test.each([
    ['the order', SUBGROUP_ORDER],
    ['one above the order', SUBGROUP_ORDER + 1n],
    ['S and the order', SUBGROUP_ORDER + (S >> 4n)],
    ['the highest number of its digits', (1n << 251n) - 1n],
  ])('%s has none', async (_, s) => {
    expect(await solutions(s, digitPoints(s))).toEqual([]);
  });

  const [right, other] = [digitPoints(S), digitPoints(S ^ (1n << 20n))];
  test.each<[string, [u: bigint, v: bigint]]>([
    ['the opposite point', [right[5]![0], reduce(-right[5]![1])]],
    ['the point of another digit', other[5]!],
    ['the point of another window', right[6]!],
  ])('%s in a window has none', async (_, point) => {
    expect(await solutions(S, right.with(5, point))).toEqual([]);
  });
});

/** What the constraints leave: if the solver cannot tell which limb decides in the comparison `order`, for each limb. */
async function decided(
  circuit: CompiledCircuit,
  solver: R1csSolver,
  given: ReadonlyMap<number, bigint>,
  order: string,
): Promise<Extract<Solution, { kind: 'found' }>[]> {
  const solution = solver.solve(given);
  if (solution.kind === 'none') return [];
  if (solution.open.length === 0) return [solution];
  const found: Extract<Solution, { kind: 'found' }>[] = [];
  for (let at = 0; at < 9; at++) {
    const passed = Array.from({ length: 8 }, (_, i): [string, bigint] => [
      `${order}.passed[${i + 1}]`,
      i + 1 > at ? 1n : 0n,
    ]);
    const one = solver.solve(new Map([...given, ...(await circuit.wiresOf(new Map(passed)))]));
    if (one.kind === 'found') found.push(one);
  }
  return found;
}

test('the constants of the base point are those that scripts/base-windows.ts makes', () => {
  expect(readFileSync(BASE_WINDOWS_FILE, 'utf8')).toBe(baseWindowsSource());
});
