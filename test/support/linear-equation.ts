import { FIELD, invert, reduce } from '../../protocol/field.ts';

/** `known + sum of terms = 0` over unknowns; no coefficient is 0. */
export interface Equation {
  readonly known: bigint;
  /** Coefficient by unknown. */
  readonly terms: ReadonlyMap<number, bigint>;
}

/** `x + factor * y`, both seen as the combinations left of `= 0`. */
export function combine(x: Equation, factor: bigint, y: Equation): Equation {
  const terms = new Map(x.terms);
  for (const [unknown, coefficient] of y.terms) {
    const sum = reduce((terms.get(unknown) ?? 0n) + factor * coefficient);
    if (sum === 0n) terms.delete(unknown);
    else terms.set(unknown, sum);
  }
  return { known: reduce(x.known + factor * y.known), terms };
}

/** What `left * right = 0` says if both sides are the same combination up to a factor and a constant: it has one of two values. */
export function twoValues(
  left: Equation,
  right: Equation,
):
  | { readonly terms: ReadonlyMap<number, bigint>; readonly first: bigint; readonly second: bigint }
  | undefined {
  if (left.terms.size === 0 || left.terms.size !== right.terms.size) return undefined;
  const [[unknown, coefficient]] = left.terms as unknown as [[number, bigint]];
  const scale = reduce((right.terms.get(unknown) ?? 0n) * invert(coefficient));
  if (scale === 0n) return undefined;
  for (const [other, value] of left.terms) {
    if (right.terms.get(other) !== reduce(value * scale)) return undefined;
  }
  return { terms: left.terms, first: reduce(-left.known), second: reduce(-right.known * invert(scale)) };
}

/**
 * All solutions of an equation in unknowns that are 0 or 1, most bits set first, if the coefficients are distinct powers of two up
 * to signs and a common factor: the equation then gives a number by its bits, modulo the field.
 *
 * @returns undefined if the coefficients are others
 */
export function solveBits({ known, terms }: Equation): ReadonlyMap<number, bigint>[] | undefined {
  const unit = smallest([...terms.values()]);
  if (unit === undefined) return undefined;
  const factor = invert(unit);
  let target = reduce(-known * factor);
  let sum = 0n;
  const weights = new Map<bigint, { unknown: number; negative: boolean }>();
  for (const [unknown, coefficient] of terms) {
    const power = powerOfTwo(coefficient * factor);
    if (power === undefined || weights.has(power.weight)) return undefined;
    const { weight, negative } = power;
    weights.set(weight, { unknown, negative });
    sum += weight;
    // A negative term counts where its bit is 0: its weight goes to both sides.
    if (negative) target = reduce(target + weight);
  }
  const solutions: Map<number, bigint>[] = [];
  for (let number = target; number <= sum; number += FIELD) {
    if ((number & ~sum) !== 0n) continue;
    const solution = new Map<number, bigint>();
    for (const [weight, { unknown, negative }] of weights) {
      solution.set(unknown, ((number & weight) !== 0n) !== negative ? 1n : 0n);
    }
    solutions.push(solution);
  }
  return solutions.reverse();
}

/** The coefficient that all others are powers of two of, up to signs; undefined if there is none. */
function smallest(coefficients: readonly bigint[]): bigint | undefined {
  let [unit] = coefficients;
  for (const coefficient of coefficients) {
    if (unit === undefined || powerOfTwo(coefficient * invert(unit)) !== undefined) continue;
    if (powerOfTwo(unit * invert(coefficient)) === undefined) return undefined;
    unit = coefficient;
  }
  return unit;
}

/** `x` as `weight` or `-weight`, a power of two below the field's order. */
function powerOfTwo(x: bigint): { readonly weight: bigint; readonly negative: boolean } | undefined {
  const value = reduce(x);
  if ((value & (value - 1n)) === 0n) return { weight: value, negative: false };
  const opposite = FIELD - value;
  return (opposite & (opposite - 1n)) === 0n ? { weight: opposite, negative: true } : undefined;
}

/** What equations say together. */
export interface Elimination {
  /** Of the kept unknowns alone, under the number of one of the equations that it comes from. */
  readonly kept: ReadonlyMap<number, Equation>;
  /** Values of other unknowns that follow whatever the kept ones are, with the number of one of the equations. */
  readonly solved: ReadonlyMap<number, { readonly value: bigint; readonly row: number }>;
}

/**
 * Gaussian elimination of unknowns from equations.
 *
 * @param equations by a number of the caller's
 * @param keep unknowns that stay
 */
export function eliminate(
  equations: ReadonlyMap<number, Equation>,
  keep: (unknown: number) => boolean,
): Elimination {
  const rows = new Map(equations);
  /** Rows by unknown to eliminate. */
  const columns = new Map<number, Set<number>>();
  const enter = (row: number, { terms }: Equation) => {
    for (const unknown of terms.keys()) {
      if (keep(unknown)) continue;
      const column = columns.get(unknown);
      if (column === undefined) columns.set(unknown, new Set([row]));
      else column.add(row);
    }
  };
  const leave = (row: number) => {
    for (const unknown of rows.get(row)!.terms.keys()) columns.get(unknown)?.delete(row);
    rows.delete(row);
  };
  for (const [row, equation] of rows) enter(row, equation);
  const pivots: { unknown: number; row: number; equation: Equation }[] = [];
  for (let unknown = rarest(columns); unknown !== undefined; unknown = rarest(columns)) {
    // The shortest row serves to express the unknown, and says nothing else.
    const inRows = [...columns.get(unknown)!].sort(
      (x, y) => rows.get(x)!.terms.size - rows.get(y)!.terms.size,
    );
    const [pivot, ...others] = inRows as [number, ...number[]];
    const equation = rows.get(pivot)!;
    const inverse = invert(equation.terms.get(unknown)!);
    pivots.push({ unknown, row: pivot, equation });
    leave(pivot);
    for (const row of others) {
      const old = rows.get(row)!;
      const replaced = combine(old, reduce(-old.terms.get(unknown)! * inverse), equation);
      leave(row);
      rows.set(row, replaced);
      enter(row, replaced);
    }
  }
  const solved = new Map<number, { value: bigint; row: number }>();
  for (const { unknown, row, equation } of pivots.reverse()) {
    let sum = equation.known;
    for (const [other, coefficient] of equation.terms) {
      if (other !== unknown && solved.has(other)) sum += coefficient * solved.get(other)!.value;
    }
    const rest = [...equation.terms.keys()].filter((other) => other !== unknown && !solved.has(other));
    if (rest.length > 0) continue;
    solved.set(unknown, { value: reduce(-sum * invert(equation.terms.get(unknown)!)), row });
  }
  return { kept: rows, solved };
}

/** The unknown in the fewest rows. Forgets those in none. */
function rarest(columns: Map<number, Set<number>>): number | undefined {
  let [best, size]: [number | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const [unknown, column] of columns) {
    if (column.size === 0) columns.delete(unknown);
    else if (column.size < size) [best, size] = [unknown, column.size];
    if (size === 1) break;
  }
  return best;
}
