import { FIELD, invert, reduce } from '../../protocol/field.ts';

/** Bits of the field's order: bit operations work on numbers of this size. */
const BITS = 254n;
const MASK = (1n << BITS) - 1n;
/** Largest value that comparisons take as positive. */
const HALF = FIELD >> 1n;

/**
 * circom's operators on field elements in [0, r), as its documentation and its WASM code have them:
 * - comparisons are of signed numbers: a value above (r - 1) / 2 stands for itself minus r;
 * - bit operations work on 254 bits; a result of r or more is reduced;
 * - a shift by more than (r - 1) / 2 goes the other way, by r minus that; a shift by 254 or more leaves 0;
 * - `\`, `%` and exponents are of numbers in [0, r); 1 / 0 is 0.
 *
 * The names are those of the calls in circom's C++ code, without `Fr_`. A result is undefined where there is none.
 */
export const OPERATORS = {
  add: (a, b) => reduce(a + b),
  sub: (a, b) => reduce(a - b),
  mul: (a, b) => reduce(a * b),
  div: (a, b) => reduce(a * invert(b)),
  idiv: (a, b) => (b === 0n ? undefined : a / b),
  mod: (a, b) => (b === 0n ? undefined : a % b),
  pow: power,
  shl: (a, b) => shift(a, b),
  shr: (a, b) => shift(a, reduce(-b)),
  band: (a, b) => reduce(a & b),
  bor: (a, b) => reduce(a | b),
  bxor: (a, b) => reduce(a ^ b),
  eq: (a, b) => truth(a === b),
  neq: (a, b) => truth(a !== b),
  lt: (a, b) => truth(signed(a) < signed(b)),
  gt: (a, b) => truth(signed(a) > signed(b)),
  leq: (a, b) => truth(signed(a) <= signed(b)),
  geq: (a, b) => truth(signed(a) >= signed(b)),
  land: (a, b) => truth(a !== 0n && b !== 0n),
  lor: (a, b) => truth(a !== 0n || b !== 0n),
  neg: (a) => reduce(-a),
  bnot: (a) => reduce(MASK ^ a),
  lnot: (a) => truth(a === 0n),
} as const satisfies Record<string, (a: bigint, b: bigint) => bigint | undefined>;

export type Operator = keyof typeof OPERATORS;

export function isOperator(name: string): name is Operator {
  return Object.hasOwn(OPERATORS, name);
}

/** The operators that take one value. */
export const UNARY: ReadonlySet<Operator> = new Set(['neg', 'bnot', 'lnot']);

function truth(holds: boolean): bigint {
  return holds ? 1n : 0n;
}

/** The number that a value stands for in comparisons, in [-(r - 1) / 2, (r - 1) / 2]. */
export function signed(a: bigint): bigint {
  return a > HALF ? a - FIELD : a;
}

/** To the left by the signed number that b stands for. */
function shift(a: bigint, b: bigint): bigint {
  const by = signed(b);
  if (by <= -BITS || by >= BITS) return 0n;
  return by < 0n ? a >> -by : reduce((a << by) & MASK);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = reduce(square * square)) {
    if (rest & 1n) result = reduce(result * square);
  }
  return result;
}
