import { invert, reduce } from '../../protocol/field.ts';
import { combine, type Equation, eliminate, solveBits, twoValues } from './linear-equation.ts';
import type { Constraint, LinearCombination, R1cs } from './r1cs.ts';

/** What a constraint system leaves of its wires once some are given. */
export type Solution =
  /** Nothing satisfies the system: `constraint` is the one that cannot hold. */
  | { readonly kind: 'none'; readonly constraint: number }
  /** Each wire that is not in `open` has one possible value, `values[wire]`. */
  | {
      readonly kind: 'found';
      readonly values: readonly (bigint | undefined)[];
      readonly open: readonly number[];
    };

class Contradiction extends Error {
  readonly constraint: number;

  constructor(constraint: number) {
    super(`constraint ${constraint} cannot hold`);
    this.constraint = constraint;
  }
}

/** A constraint system and what can be told of it before any wire is known. */
interface System {
  readonly r1cs: R1cs;
  /**
   * Constraints by unknown. The unknowns are the wires, then one for each constraint: a constraint that leaves a combination two
   * values says `combination = first + (second - first) * u`, and its unknown is that u, 0 or 1.
   */
  readonly uses: readonly (readonly number[])[];
  /** Unknowns that are 0 or 1. */
  readonly bits: Uint8Array;
}

/**
 * Derives the wires of an R1CS from some that are given, by steps that leave no choice:
 *
 * - an equation in one unknown wire gives its value, if the wire's coefficient is not zero there;
 * - equations that are linear by now are combined so that unknowns fall out;
 * - a linear equation in wires that are 0 or 1, with distinct powers of two as coefficients (the bits of a number), gives them all;
 * - where a number has two such decompositions (254 bits hold some numbers twice), each is followed until it contradicts the system.
 *
 * So what comes out holds for every prover, whatever hints it takes: with these inputs it has these wires, or none. Constraints
 * that no step can use are left alone: a wire that is in fact fixed may stay open, never the other way round.
 */
export class R1csSolver {
  readonly #system: System;

  constructor(r1cs: R1cs) {
    const constraints = r1cs.constraints.length;
    const bits = new Uint8Array(r1cs.wires + constraints);
    bits.fill(1, r1cs.wires);
    const uses: number[][] = Array.from({ length: r1cs.wires + constraints }, () => []);
    r1cs.constraints.forEach((constraint, number) => {
      for (const { wires } of constraint) {
        for (const wire of wires) if (uses[wire]!.at(-1) !== number) uses[wire]!.push(number);
      }
      uses[r1cs.wires + number]!.push(number);
      const wire = bitOf(constraint);
      if (wire !== undefined) bits[wire] = 1;
    });
    this.#system = { r1cs, uses, bits };
  }

  /** @param given values by wire */
  solve(given: ReadonlyMap<number, bigint>): Solution {
    const derivation = new Derivation(this.#system);
    try {
      derivation.lookAtAll();
      derivation.set(0, 1n);
      for (const [wire, value] of given) derivation.set(wire, value);
      derivation.finish();
    } catch (error) {
      if (error instanceof Contradiction) return { kind: 'none', constraint: error.constraint };
      throw error;
    }
    const values = derivation.values.slice(0, this.#system.r1cs.wires);
    return {
      kind: 'found',
      values,
      open: values.flatMap((value, wire) => (value === undefined ? [wire] : [])),
    };
  }
}

/** What is known by now, and which constraints may tell more. */
class Derivation {
  readonly values: (bigint | undefined)[];
  readonly #system: System;
  #queue: number[] = [];
  readonly #queued: Uint8Array;
  /** Linear equations in several unknowns, by constraint. */
  readonly #waiting: Map<number, Equation>;

  constructor(system: System, from?: Derivation) {
    this.#system = system;
    this.values = from === undefined ? Array(system.uses.length).fill(undefined) : [...from.values];
    this.#waiting = new Map(from === undefined ? [] : from.#waiting);
    this.#queued = new Uint8Array(system.r1cs.constraints.length);
  }

  /** @param because the constraint that says so */
  set(unknown: number, value: bigint, because = 0): void {
    const known = this.values[unknown];
    if (known !== undefined) {
      if (known !== value) throw new Contradiction(because);
      return;
    }
    this.values[unknown] = value;
    for (const constraint of this.#system.uses[unknown]!) {
      if (this.#queued[constraint]) continue;
      this.#queued[constraint] = 1;
      this.#queue.push(constraint);
    }
  }

  lookAtAll(): void {
    this.#queue = this.#system.r1cs.constraints.map((_, number) => number);
    this.#queued.fill(1);
  }

  /** Takes steps until none is left. */
  finish(): void {
    do this.#propagate();
    while (this.#combineWaiting());
  }

  #propagate(): void {
    while (this.#queue.length > 0) {
      const queue = this.#queue;
      this.#queue = [];
      for (const constraint of queue) {
        this.#queued[constraint] = 0;
        this.#step(constraint);
      }
    }
  }

  #step(number: number): void {
    this.#waiting.delete(number);
    const equation = this.#linear(number);
    if (equation === undefined) return;
    const [solution, ...others] = this.#solutions(number, equation) ?? [];
    if (solution === undefined || others.length > 0) this.#waiting.set(number, equation);
    else for (const [unknown, value] of solution) this.set(unknown, value, number);
  }

  /** The constraint as a linear equation in what is unknown, if it is one by now. */
  #linear(number: number): Equation | undefined {
    const [a, b, c] = this.#system.r1cs.constraints[number]!;
    const [left, right] = [this.#equation(a), this.#equation(b)];
    const product = this.#equation(c);
    const minusProduct = combine({ known: 0n, terms: new Map() }, -1n, product);
    if (left.terms.size === 0)
      return left.known === 0n ? minusProduct : combine(minusProduct, left.known, right);
    if (right.terms.size === 0)
      return right.known === 0n ? minusProduct : combine(minusProduct, right.known, left);
    if (product.terms.size > 0 || product.known !== 0n) return undefined;
    const two = twoValues(left, right);
    if (two === undefined) return undefined;
    const { terms, first, second } = two;
    // What is said to be 0 or 1 is taken as that.
    if (terms.size === 1 && this.#system.bits[[...terms.keys()][0]!]) return undefined;
    const combination: Equation = { known: reduce(-first), terms };
    if (first === second) return combination;
    const choice = this.#system.r1cs.wires + number;
    return combine(combination, first - second, {
      known: this.values[choice] ?? 0n,
      terms: new Map(this.values[choice] === undefined ? [[choice, 1n]] : []),
    });
  }

  /**
   * The assignments that an equation leaves to its unknowns, at least one; undefined if it does not tell.
   * @throws {Contradiction} if it leaves none
   */
  #solutions(number: number, equation: Equation): readonly ReadonlyMap<number, bigint>[] | undefined {
    const { known, terms } = equation;
    if (terms.size === 0) {
      if (known !== 0n) throw new Contradiction(number);
      return [new Map()];
    }
    if (terms.size === 1) {
      const [[unknown, coefficient]] = terms as unknown as [[number, bigint]];
      return [new Map([[unknown, reduce(-known * invert(coefficient))]])];
    }
    for (const unknown of terms.keys()) if (!this.#system.bits[unknown]) return undefined;
    const solutions = solveBits(equation);
    if (solutions?.length === 0) throw new Contradiction(number);
    return solutions;
  }

  /** Looks at the waiting equations together. @returns whether that told anything */
  #combineWaiting(): boolean {
    let told = false;
    const ambiguous = new Map<number, readonly ReadonlyMap<number, bigint>[]>();
    const { kept, solved } = eliminate(this.#waiting, (unknown) => this.#system.bits[unknown] === 1);
    for (const [unknown, { value, row }] of solved)
      told = this.#setAll(row, new Map([[unknown, value]])) || told;
    for (const [number, equation] of kept) {
      const solutions = this.#solutions(number, equation);
      if (solutions === undefined) continue;
      if (solutions.length > 1) ambiguous.set(number, solutions);
      else told = this.#setAll(number, solutions[0]!) || told;
    }
    if (told) return true;
    for (const [number, solutions] of ambiguous) {
      // The last one need not be tried: if all others fail, it is the one, or there is none.
      const possible = solutions.filter(
        (solution, i) => i === solutions.length - 1 || !this.#refutes(number, solution),
      );
      if (possible.length === 1) return this.#setAll(number, possible[0]!);
    }
    return false;
  }

  #setAll(number: number, solution: ReadonlyMap<number, bigint>): boolean {
    let told = false;
    for (const [unknown, value] of solution) {
      told ||= this.values[unknown] === undefined;
      this.set(unknown, value, number);
    }
    return told;
  }

  #refutes(number: number, solution: ReadonlyMap<number, bigint>): boolean {
    const attempt = new Derivation(this.#system, this);
    try {
      attempt.#setAll(number, solution);
      attempt.#propagate();
      return false;
    } catch (error) {
      if (error instanceof Contradiction) return true;
      throw error;
    }
  }

  #equation({ wires, coefficients }: LinearCombination): Equation {
    let known = 0n;
    const terms = new Map<number, bigint>();
    wires.forEach((wire, i) => {
      const value = this.values[wire];
      if (value === undefined) terms.set(wire, coefficients[i]!);
      else known += coefficients[i]! * value;
    });
    return { known: reduce(known), terms };
  }
}

/** The wire that a constraint says is 0 or 1, if it says just that. */
function bitOf([a, b, c]: Constraint): number | undefined {
  if (c.wires.length > 0) return undefined;
  const [left, right] = [a, b].map(({ wires, coefficients }): Equation => {
    const terms = new Map(wires.map((wire, i) => [wire, coefficients[i]!]));
    const known = terms.get(0) ?? 0n;
    terms.delete(0);
    return { known, terms };
  }) as [Equation, Equation];
  const two = twoValues(left, right);
  if (two === undefined || two.terms.size !== 1) return undefined;
  const [[wire, coefficient]] = two.terms as unknown as [[number, bigint]];
  const values = new Set([two.first, two.second].map((value) => reduce(value * invert(coefficient))));
  return values.has(0n) && values.has(1n) ? wire : undefined;
}
