import type { Value } from './template-builder.ts';
import { Untraceable } from './untraceable.ts';

/** A value of the C code. */
export type Item = number | string | boolean | object | undefined;

/** A truth value that is known only when the circuit runs: 0 is false. */
export class Unknown {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

/** A number that is known only when the circuit runs, as a field element. */
export class UnknownNumber {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

/** Field elements at numbered places: a `FrElement[]`. */
export interface Cells {
  get(at: number): Value;
  set(at: number, value: Value): void;
}

/** A place in an array that is known only when the circuit runs. */
export class UnknownPlace {
  readonly variables: Variables;
  readonly at: Value;

  constructor(variables: Variables, at: Value) {
    this.variables = variables;
    this.at = at;
  }
}

/** A `FrElement *`. */
export class Pointer {
  readonly cells: Cells;
  readonly at: number;

  constructor(cells: Cells, at: number) {
    this.cells = cells;
    this.at = at;
  }
}

/** Told what a variable was before it is set. */
export type OnChange = (variables: Variables, at: number, old: Value) => void;

/** Local field elements. */
export class Variables implements Cells {
  readonly #values: Value[];
  readonly #onChange: OnChange;

  constructor(size: number, initial: Value, onChange: OnChange) {
    this.#values = new Array<Value>(size).fill(initial);
    this.#onChange = onChange;
  }

  get(at: number): Value {
    const value = this.#values[at];
    if (value === undefined) throw new Untraceable('an index leaves its array');
    return value;
  }

  set(at: number, value: Value): void {
    this.#onChange(this, at, this.get(at));
    this.#values[at] = value;
  }

  /** All of them, in order. */
  get all(): readonly Value[] {
    return this.#values;
  }

  /** Sets without telling. */
  restore(at: number, value: Value): void {
    this.#values[at] = value;
  }
}

interface Component {
  templateId: number;
  signalStart: number;
  inputCounter: number;
}

/** Every component that a template makes, its own first; each is there when it is first named. */
export class ComponentMemory {
  readonly #components: Component[] = [];

  at(index: number): Component {
    this.#components[index] ??= { templateId: -1, signalStart: 0, inputCounter: 0 };
    return this.#components[index];
  }

  get inputCounters(): readonly number[] {
    return this.#components.map(({ inputCounter }) => inputCounter);
  }

  set inputCounters(counters: readonly number[]) {
    for (const [index, counter] of counters.entries()) this.at(index).inputCounter = counter;
  }
}

/** Names of a block and of those around it. */
export class Scope {
  readonly #names = new Map<string, Item>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  declare(name: string, item: Item): void {
    this.#names.set(name, item);
  }

  get(name: string): Item {
    return this.#owner(name).#names.get(name);
  }

  assign(name: string, item: Item): void {
    this.#owner(name).#names.set(name, item);
  }

  #owner(name: string): Scope {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#outer) {
      if (scope.#names.has(name)) return scope;
    }
    throw new Untraceable(`nothing is named ${name}`);
  }
}
