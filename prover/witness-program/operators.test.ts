import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../../protocol/field.ts';
import { type TracedCircuit, tracedCircuit, witnessValues } from '../../test/support/traced-circuit.ts';
import { loadNative } from '../native/addon.ts';
import { OPERATORS, type Operator } from './operators.ts';

/** Each operator as circom writes it. */
const WRITTEN: Readonly<Record<Operator, string>> = {
  add: 'a + b',
  sub: 'a - b',
  mul: 'a * b',
  div: 'a / b',
  idiv: 'a \\ b',
  mod: 'a % b',
  pow: 'a ** b',
  shl: 'a << b',
  shr: 'a >> b',
  band: 'a & b',
  bor: 'a | b',
  bxor: 'a ^ b',
  eq: 'a == b',
  neq: 'a != b',
  lt: 'a < b',
  gt: 'a > b',
  leq: 'a <= b',
  geq: 'a >= b',
  land: 'a && b',
  lor: 'a || b',
  neg: '-a',
  bnot: '~a',
  lnot: '!a',
};
/** Parameters of the circuit that are known when it is compiled. */
const KNOWN = [1n, 2n, 253n, 254n, FIELD - 3n, FIELD >> 1n, (FIELD >> 1n) + 1n];
const EDGES = [
  ...KNOWN,
  ...[0n, 3n, 64n, 255n, 1n << 31n, 1n << 32n, 1n << 64n, 1n << 253n, (1n << 253n) - 1n],
  ...[1n, 2n, 64n, 254n, 255n, 1n << 31n].map((x) => FIELD - x),
];
const NAMES = Object.keys(OPERATORS) as Operator[];
const DIVISIONS: ReadonlySet<Operator> = new Set(['idiv', 'mod']);
const addon = loadNative();

function circuit(name: string, operators: readonly Operator[]) {
  const lines = operators.map((operator, i) => `o[${i}] <-- ${WRITTEN[operator]};`);
  const constant = operators.map((operator, i) => `k[${i}] <-- ${WRITTEN[operator].replace('b', 'K')};`);
  return {
    name,
    main: [
      'pragma circom 2.1.9;',
      'template One(K) {',
      `signal input a; signal input b; signal output o[${operators.length}]; signal output k[${operators.length}];`,
      ...lines,
      ...constant,
      '}',
      `template Main() { signal input a; signal input b; signal output out[${KNOWN.length}][${2 * operators.length}];`,
      ...KNOWN.map((known, j) => {
        const take = operators.map(
          (_, i) => `out[${j}][${2 * i}] <== c${j}.o[${i}]; out[${j}][${2 * i + 1}] <== c${j}.k[${i}];`,
        );
        return `component c${j} = One(${known}); c${j}.a <== a; c${j}.b <== b; ${take.join(' ')}`;
      }),
      '}',
      'component main = Main();',
    ].join('\n'),
    libraries: [],
    flags: ['--O0'],
  };
}

describe.skipIf(addon === undefined)("circom's operators", () => {
  let others: TracedCircuit;
  let divisions: TracedCircuit;
  const operators = NAMES.filter((name) => !DIVISIONS.has(name));
  beforeAll(async () => {
    others = await tracedCircuit(addon!, circuit('operators', operators));
    divisions = await tracedCircuit(addon!, divisionCircuit());
  });

  /** Outputs of both calculators, which must be the same. */
  async function outputs({ native, wasm }: TracedCircuit, a: bigint, b: bigint): Promise<bigint[]> {
    const input = { a: String(a), b: String(b) };
    const wtns = await native.calculate(input);
    expect(Buffer.from(wtns ?? [])).toEqual(Buffer.from(await wasm(input)));
    return witnessValues(wtns ?? new Uint8Array());
  }

  it('are those of the reference, in WASM and in native code, with operands known or not', async () => {
    const value = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: 0n, max: FIELD - 1n }));
    const check = async (a: bigint, b: bigint): Promise<void> => {
      const values = await outputs(others, a, b);
      for (const [j, known] of KNOWN.entries()) {
        for (const [i, name] of operators.entries()) {
          const at = 1 + 2 * (j * operators.length + i);
          const expected = [OPERATORS[name](a, b), OPERATORS[name](a, known)];
          expect([name, a, b, known, values[at], values[at + 1]]).toEqual([name, a, b, known, ...expected]);
        }
      }
    };
    await fc.assert(fc.asyncProperty(value, value, check), { numRuns: 100 });
  });

  it('divide numbers, but not by zero', async () => {
    const value = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: 0n, max: FIELD - 1n }));
    const check = async (a: bigint, b: bigint): Promise<void> => {
      if (b !== 0n) expect((await outputs(divisions, a, b)).slice(1, 3)).toEqual([a / b, a % b]);
    };
    await fc.assert(fc.asyncProperty(value, value, check), { numRuns: 100 });
    expect(OPERATORS.idiv(1n, 0n)).toBeUndefined();
    expect(OPERATORS.mod(1n, 0n)).toBeUndefined();
    const input = { a: '1', b: '0' };
    expect(await divisions.native.calculate(input)).toBeUndefined();
    await expect(divisions.wasm(input)).rejects.toMatchObject({ code: 'witness-failed' });
  });
});

function divisionCircuit() {
  const main = `pragma circom 2.1.9;
template Main() {
  signal input a; signal input b; signal output o[2];
  o[0] <-- ${WRITTEN.idiv}; o[1] <-- ${WRITTEN.mod};
}
component main = Main();
`;
  return { name: 'divisions', main, libraries: [], flags: ['--O0'] };
}
