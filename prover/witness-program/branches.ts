import type { Cells, ComponentMemory, Variables } from './c-values.ts';
import type { Constant, TemplateBuilder, Value } from './template-builder.ts';
import { Untraceable, unknownForm } from './untraceable.ts';

type Changes = Map<Variables, Map<number, Value>>;

/** A branch whose condition is not known, as it runs. */
interface OpenBranch {
  readonly condition: Value;
  /** Whether it is the branch for a condition that holds. */
  readonly holds: boolean;
  /** What the variables that it changed were before. */
  readonly before: Changes;
  /** Signals that it set. */
  readonly signals: Map<number, Value>;
  /** Components that it ran. */
  readonly runs: number[];
}

/** What a branch left behind. */
interface ClosedBranch {
  readonly after: Changes;
  readonly signals: ReadonlyMap<number, Value>;
  readonly runs: readonly number[];
}

/**
 * What a template sets and runs, also in branches whose condition is not known: there both branches run, one after the
 * other on the same variables, and of each variable and signal that they set one of two values is selected.
 */
export class Branches {
  readonly #builder: TemplateBuilder;
  readonly #components: ComponentMemory;
  readonly #open: OpenBranch[] = [];

  constructor(builder: TemplateBuilder, components: ComponentMemory) {
    this.#builder = builder;
    this.#components = components;
  }

  /** Whether the code that runs now runs under a condition that is not known. */
  get inside(): boolean {
    return this.#open.length > 0;
  }

  /** The signals, by their places. */
  readonly signals: Cells = {
    get: (at) => {
      const branch = this.#open.findLast(({ signals }) => signals.has(at));
      return branch?.signals.get(at) ?? this.#builder.signal(at);
    },
    set: (at, value) => {
      const branch = this.#open.at(-1);
      if (branch !== undefined) branch.signals.set(at, value);
      else if (!this.#builder.set(at, value))
        throw new Untraceable('a signal is set twice, or after its use');
    },
  };

  /** Notes what a variable was before it is set. */
  noteChange(variables: Variables, at: number, old: Value): void {
    for (const { before } of this.#open) {
      const cells = before.get(variables) ?? new Map<number, Value>();
      before.set(variables, cells);
      if (!cells.has(at)) cells.set(at, old);
    }
  }

  run(component: number): void {
    const { templateId, signalStart } = this.#components.at(component);
    const branch = this.#open.at(-1);
    if (branch === undefined) this.#builder.run(templateId, signalStart);
    else branch.runs.push(component);
  }

  /** @param one what an assertion comes to in a branch that is not taken */
  assert(value: Value, one: Constant): void {
    const guarded = this.#open.reduceRight(
      (inner, { condition, holds }) =>
        holds ? this.#builder.select(condition, inner, one) : this.#builder.select(condition, one, inner),
      value,
    );
    this.#builder.assert(guarded);
  }

  /** Runs both branches of a condition that is not known. */
  choose(condition: Value, yes: () => void, no: () => void): void {
    const counters = this.#components.inputCounters;
    const left = this.#branch(condition, true, yes);
    this.#components.inputCounters = counters;
    const right = this.#branch(condition, false, no);
    this.#join(condition, left, right);
  }

  #branch(condition: Value, holds: boolean, work: () => void): ClosedBranch {
    const open: OpenBranch = { condition, holds, before: new Map(), signals: new Map(), runs: [] };
    this.#open.push(open);
    work();
    this.#open.pop();
    const after: Changes = new Map();
    for (const [variables, cells] of open.before) {
      after.set(variables, new Map([...cells.keys()].map((at) => [at, variables.get(at)])));
      for (const [at, value] of cells) variables.restore(at, value);
    }
    return { after, signals: open.signals, runs: open.runs };
  }

  #join(condition: Value, yes: ClosedBranch, no: ClosedBranch): void {
    for (const variables of new Set([...yes.after.keys(), ...no.after.keys()])) {
      const [left, right] = [yes.after.get(variables), no.after.get(variables)];
      for (const at of new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])) {
        const old = variables.get(at);
        variables.set(at, this.#builder.select(condition, left?.get(at) ?? old, right?.get(at) ?? old));
      }
    }
    if (no.signals.size !== yes.signals.size || String(no.runs) !== String(yes.runs)) {
      throw new Untraceable('a signal is set, or a component runs, under a condition on a signal');
    }
    for (const [at, value] of yes.signals) {
      const other = no.signals.get(at) ?? unknownForm('branches set different signals');
      this.signals.set(at, this.#builder.select(condition, value, other));
    }
    for (const component of yes.runs) this.run(component);
  }
}
