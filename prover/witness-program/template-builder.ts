import { OPERATORS, type Operator, UNARY } from './operators.ts';

/** A value that is known when the program is made; interned, so that equal ones are one object. */
export class Constant {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** The value of a signal: its place counted from the template's first signal. It never changes once it is set. */
export class Signal {
  readonly place: number;

  constructor(place: number) {
    this.place = place;
  }
}

/** The result of one instruction. */
export class Result {
  readonly operation: Operation;
  readonly operands: readonly Value[];
  /** Of `bits`: lowest bit and number of bits. */
  readonly range: readonly [number, number];
  /** The signal that it is written to; undefined while it is a temporary one. */
  home: Signal | undefined;

  constructor(operation: Operation, operands: readonly Value[], range: readonly [number, number] = [0, 0]) {
    this.operation = operation;
    this.operands = operands;
    this.range = range;
  }
}

export type Value = Constant | Signal | Result;
/**
 * `select` takes a condition and the values if it is not 0, and if it is; `bits` cuts bits out of a number; `pick` takes
 * an index and the values that it counts.
 */
export type Operation = Operator | 'select' | 'bits' | 'pick';

/** What a template does, in order. */
export type Step =
  | { readonly kind: 'compute'; readonly result: Result }
  | { readonly kind: 'copy'; readonly to: Signal; readonly from: Value }
  | { readonly kind: 'assert'; readonly value: Value }
  /** Runs another template, whose first signal is at `place`. */
  | { readonly kind: 'run'; readonly template: number; readonly place: number };

/** Number of bits of a value. */
const VALUE_BITS = 254;

/** Collects what one template instance does as a straight line of steps, computing what can be computed beforehand. */
export class TemplateBuilder {
  readonly steps: Step[] = [];
  readonly #constant: (value: bigint) => Constant;
  readonly #set = new Set<number>();
  readonly #read = new Set<number>();

  /** @param constant interns constants */
  constructor(constant: (value: bigint) => Constant) {
    this.#constant = constant;
  }

  signal(place: number): Signal {
    this.#read.add(place);
    return new Signal(place);
  }

  /**
   * One of circom's operators applied to values.
   *
   * @returns undefined where the operands are constants for which there is no result
   */
  operate(operator: Operator, a: Value, b: Value): Value | undefined {
    if (a instanceof Constant && b instanceof Constant) {
      const value = OPERATORS[operator](a.value, b.value);
      return value === undefined ? undefined : this.#constant(value);
    }
    return this.#simplified(operator, a, b) ?? this.#compute(operator, UNARY.has(operator) ? [a] : [a, b]);
  }

  select(condition: Value, yes: Value, no: Value): Value {
    if (same(yes, no)) return yes;
    return this.#compute('select', [condition, yes, no]);
  }

  /** The value at an index that is known only when the circuit runs. */
  pick(index: Value, values: readonly Value[]): Value {
    return this.#compute('pick', [index, ...values]);
  }

  /** Sets a signal, which must not have been set or read before. */
  set(place: number, value: Value): boolean {
    if (this.#set.has(place) || this.#read.has(place)) return false;
    this.#set.add(place);
    const to = new Signal(place);
    if (value instanceof Result && value.home === undefined) value.home = to;
    else this.steps.push({ kind: 'copy', to, from: value });
    return true;
  }

  assert(value: Value): void {
    if (value instanceof Constant && value.value !== 0n) return;
    this.steps.push({ kind: 'assert', value });
  }

  run(template: number, place: number): void {
    this.steps.push({ kind: 'run', template, place });
  }

  #compute(operation: Operation, operands: readonly Value[], range?: readonly [number, number]): Result {
    const result = new Result(operation, operands, range);
    this.steps.push({ kind: 'compute', result });
    return result;
  }

  #simplified(operator: Operator, a: Value, b: Value): Value | undefined {
    const left = a instanceof Constant ? a.value : undefined;
    const right = b instanceof Constant ? b.value : undefined;
    switch (operator) {
      case 'add':
        return left === 0n ? b : right === 0n ? a : undefined;
      case 'sub':
        return right === 0n ? a : undefined;
      case 'mul':
        if (left === 0n || right === 0n) return this.#constant(0n);
        return left === 1n ? b : right === 1n ? a : undefined;
      case 'shr':
        if (right === undefined || right >= VALUE_BITS) return undefined;
        return this.#bits(a, Number(right), VALUE_BITS - Number(right));
      case 'band': {
        const [value, mask] = left === undefined ? [a, right] : [b, left];
        const width = mask === undefined ? undefined : onesIn(mask);
        return width === undefined ? undefined : this.#bits(value, 0, width);
      }
      default:
        return undefined;
    }
  }

  /** `width` bits of a value from bit `low` up; of bits that were cut out of a value, those of that value. */
  #bits(value: Value, low: number, width: number): Value {
    if (value instanceof Result && value.operation === 'bits') {
      const [base, available] = value.range;
      const [inner] = value.operands;
      if (inner !== undefined && low < available) {
        return this.#compute('bits', [inner], [base + low, Math.min(width, available - low)]);
      }
    }
    return this.#compute('bits', [value], [low, width]);
  }
}

/** True for values that are known to be the same. */
export function same(a: Value, b: Value): boolean {
  return a === b || (a instanceof Signal && b instanceof Signal && a.place === b.place);
}

/** n for 2^n - 1, where that is a mask of at least one bit and less than a value's. */
function onesIn(mask: bigint): number | undefined {
  const width = mask.toString(2).length;
  return mask === (1n << BigInt(width)) - 1n && mask > 0n && width < VALUE_BITS ? width : undefined;
}
