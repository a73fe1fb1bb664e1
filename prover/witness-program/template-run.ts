import { Branches } from './branches.ts';
import type { Expression, Statement } from './c-syntax.ts';
import {
  type Cells,
  ComponentMemory,
  type Item,
  Pointer,
  Scope,
  Unknown,
  UnknownNumber,
  UnknownPlace,
  Variables,
} from './c-values.ts';
import type { CircuitText } from './circuit-text.ts';
import { isOperator, signed, UNARY } from './operators.ts';
import { Constant, type TemplateBuilder, type Value } from './template-builder.ts';
import { Untraceable, unknownForm } from './untraceable.ts';

/** What a run takes from outside. */
export interface RunContext {
  readonly text: CircuitText;
  readonly builder: TemplateBuilder;
  constant(value: bigint): Constant;
  /** Body of a function of the text. */
  body(name: string): Statement;
}

/**
 * One run of a template instance's C++ code on values that are not known yet; the builder gets what it computes.
 * Places of signals and numbers of components are counted from the template's own. `if` on a value that is not
 * known runs both branches and selects between what they leave in variables.
 */
export class TemplateRun {
  readonly #context: RunContext;
  readonly #components = new ComponentMemory();
  readonly #branches: Branches;
  readonly #root = new Scope();
  #created = false;

  constructor(context: RunContext) {
    this.#context = context;
    const { text, builder } = context;
    this.#branches = new Branches(builder, this.#components);
    const circuitConstants: Cells = {
      get: (at) => context.constant(text.constants[at] ?? unknownForm('there is no such constant')),
      set: () => unknownForm('a constant is set'),
    };
    this.#root.declare('ctx', {
      signalValues: this.#branches.signals,
      circuitConstants,
      componentMemory: this.#components,
      templateInsId2IOSignalInfo: text.borders,
      busInsId2FieldInfo: text.buses,
    });
    this.#root.declare('_functionTable', text.templates);
  }

  /** Runs the code of a template instance. */
  template(name: string): void {
    const own = { componentName: '', componentFather: 0, soffset: 0, coffset: 0 };
    this.#run(`${name}_create`, own);
    this.#created = true;
    this.#components.at(0).inputCounter = 0;
    this.#run(`${name}_run`, { ctx_index: 0 });
  }

  #run(name: string, parameters: Readonly<Record<string, Item>>): void {
    const scope = new Scope(this.#root);
    for (const [parameter, item] of Object.entries(parameters)) scope.declare(parameter, item);
    this.#execute(this.#context.body(name), scope);
  }

  /** @returns true after `return` */
  #execute(statement: Statement, scope: Scope): boolean {
    switch (statement.kind) {
      case 'constant': {
        const variables = scope.get('lvar') as Variables;
        variables.set(statement.to, this.#constantAt(statement.from));
        return false;
      }
      case 'expression':
        this.#evaluate(statement.expression, scope);
        return false;
      case 'declare':
        scope.declare(statement.name, this.#initial(statement, scope));
        return false;
      case 'block': {
        const inner = new Scope(scope);
        return statement.body.some((step) => this.#execute(step, inner));
      }
      case 'if':
        return this.#if(statement, scope);
      case 'while':
        while (this.#known(statement.condition, scope)) {
          if (this.#execute(statement.body, scope)) return true;
        }
        return false;
      case 'for': {
        const inner = new Scope(scope);
        this.#execute(statement.first, inner);
        for (; this.#known(statement.condition, inner); this.#evaluate(statement.next, inner)) {
          if (this.#execute(statement.body, inner)) return true;
        }
        return false;
      }
      case 'return':
        if (this.#branches.inside) throw new Untraceable('a function returns under a condition');
        return true;
    }
  }

  #initial({ type, size, value }: Statement & { kind: 'declare' }, scope: Scope): Item {
    if (size !== undefined && value === undefined) {
      const length = this.#number(size, scope);
      if (type !== 'FrElement') return new Array<number>(length).fill(0);
      return new Variables(length, this.#context.constant(0n), (...change) =>
        this.#branches.noteChange(...change),
      );
    }
    if (value === undefined) return 0;
    const item = this.#evaluate(value, scope);
    return type === 'std::map' ? new Map(item as [number, number][]) : item;
  }

  #if(statement: Statement & { kind: 'if' }, scope: Scope): boolean {
    const truth = this.#truth(statement.condition, scope);
    const { then, else: otherwise } = statement;
    if (!(truth instanceof Unknown)) {
      const taken = truth ? then : otherwise;
      return taken !== undefined && this.#execute(taken, scope);
    }
    this.#branches.choose(
      truth.value,
      () => this.#execute(then, scope),
      () => otherwise !== undefined && this.#execute(otherwise, scope),
    );
    return false;
  }

  #evaluate(expression: Expression, scope: Scope): Item {
    switch (expression.kind) {
      case 'number':
      case 'text':
        return expression.value;
      case 'name':
        return scope.get(expression.name);
      case 'list':
        return expression.items.map((item) => this.#evaluate(item, scope));
      case 'new': {
        const items = expression.items.map((item) => this.#number(item, scope));
        return Array.from({ length: this.#number(expression.size, scope) }, (_, i) => items[i] ?? 0);
      }
      case 'member': {
        const base = this.#evaluate(expression.base, scope) as Record<string, Item>;
        return base[expression.name];
      }
      case 'index':
        return this.#element(expression, scope);
      case 'unary':
        return this.#unary(expression, scope);
      case 'binary':
        return this.#binary(expression, scope);
      case 'assign':
        return this.#assign(expression, scope);
      case 'call':
        return this.#call(expression, scope);
    }
  }

  #element({ base, at }: Expression & { kind: 'index' }, scope: Scope): Item {
    const item = this.#evaluate(base, scope);
    const place = this.#evaluate(at, scope);
    if (place instanceof UnknownNumber) {
      if (item instanceof Variables) return new UnknownPlace(item, place.value);
      throw new Untraceable('an index depends on a signal');
    }
    const index = this.#number(at, scope);
    if (item instanceof ComponentMemory) return item.at(index);
    if (item instanceof Map) return item.get(index) ?? unknownForm('there is no such entry');
    if (Array.isArray(item)) return item[index] ?? unknownForm('an index leaves its array');
    if (item instanceof Pointer) return new Pointer(item.cells, item.at + index);
    // Elements are used through their addresses alone: `&lvar[3]`.
    return new Pointer(item as Cells, index);
  }

  #unary({ operator, operand }: Expression & { kind: 'unary' }, scope: Scope): Item {
    if (operator === '-') return -this.#number(operand, scope);
    if (operator !== '!') return this.#evaluate(operand, scope);
    const truth = this.#truth(operand, scope);
    if (!(truth instanceof Unknown)) return !truth;
    const { builder } = this.#context;
    return new Unknown(builder.operate('lnot', truth.value, truth.value) ?? unknownForm('no truth value'));
  }

  #binary({ operator, left, right }: Expression & { kind: 'binary' }, scope: Scope): Item {
    if (operator === '&&') return this.#known(left, scope) && this.#evaluate(right, scope);
    const a = this.#evaluate(left, scope);
    const b = this.#evaluate(right, scope);
    if (operator === '+' && a instanceof Pointer) return new Pointer(a.cells, a.at + (b as number));
    if (operator === '+' && typeof a === 'string') return a + b;
    if (a instanceof UnknownNumber || b instanceof UnknownNumber) return this.#unknownNumber(operator, a, b);
    if (typeof a !== 'number' || typeof b !== 'number')
      return unknownForm(`${operator} of something else than numbers`);
    switch (operator) {
      case '+':
        return a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '<':
        return a < b;
      case '>':
        return a > b;
      case '==':
        return a === b;
      case '!=':
        return a !== b;
      default:
        return unknownForm(`operator ${operator}`);
    }
  }

  #unknownNumber(operator: string, a: Item, b: Item): UnknownNumber {
    const operation =
      operator === '+' ? 'add' : operator === '*' ? 'mul' : unknownForm(`${operator} of an index`);
    const [left, right] = [a, b].map((item) => {
      if (item instanceof UnknownNumber) return item.value;
      return this.#context.constant(BigInt(item as number));
    }) as [Value, Value];
    const { builder } = this.#context;
    return new UnknownNumber(builder.operate(operation, left, right) ?? unknownForm('no number'));
  }

  #assign({ operator, target, value }: Expression & { kind: 'assign' }, scope: Scope): Item {
    let item = this.#evaluate(value, scope);
    if (operator !== '=') {
      const change = operator === '-=' ? -(item as number) : (item as number);
      item = this.#number(target, scope) + change;
    }
    if (target.kind === 'name') scope.assign(target.name, item);
    else if (target.kind === 'member') {
      (this.#evaluate(target.base, scope) as Record<string, Item>)[target.name] = item;
    } else if (target.kind === 'index') {
      (this.#evaluate(target.base, scope) as Item[])[this.#number(target.at, scope)] = item;
    } else unknownForm('an assignment to something else than a place');
    return item;
  }

  #call({ callee, args }: Expression & { kind: 'call' }, scope: Scope): Item {
    // `ctx->generate_position_array`: for the names of components, which nobody asks for.
    if (callee.kind === 'member') return '';
    const name = callee.kind === 'name' ? callee.name : `${this.#evaluate(callee, scope)}_run`;
    if (name.startsWith('Fr_')) return this.#fieldCall(name.slice(3), args, scope);
    switch (name) {
      case 'assert':
        return this.#assert(this.#truth(args[0] ?? unknownForm('no argument'), scope));
      case 'std::min':
        return Math.min(...args.map((argument) => this.#number(argument, scope)));
      case 'release_memory_component':
        return undefined;
    }
    const items = args.map((argument) => this.#evaluate(argument, scope));
    if (name.endsWith('_create')) {
      const [soffset, coffset, , componentName, componentFather] = items;
      this.#run(name, { soffset, coffset, componentName, componentFather });
    } else if (name.endsWith('_run')) {
      // A component without inputs runs when it is made. Our own runs anyway.
      if (this.#created) this.#branches.run(items[0] as number);
    } else {
      const [, lvar, componentFather, destination, destinationSize] = items;
      this.#run(name, { lvar, componentFather, destination, destination_size: destinationSize });
    }
    return undefined;
  }

  #fieldCall(operation: string, args: readonly Expression[], scope: Scope): Item {
    const pointer = (i: number): Pointer => {
      const item = this.#evaluate(args[i] ?? unknownForm('too few arguments'), scope);
      if (item instanceof UnknownPlace) throw new Untraceable('a place that is set depends on a signal');
      return item instanceof Pointer ? item : unknownForm('an element is wanted');
    };
    const read = (i: number): Value => {
      const item = this.#evaluate(args[i] ?? unknownForm('too few arguments'), scope);
      if (item instanceof UnknownPlace) return this.#context.builder.pick(item.at, item.variables.all);
      return item instanceof Pointer ? item.cells.get(item.at) : unknownForm('an element is wanted');
    };
    switch (operation) {
      case 'toInt': {
        const value = read(0);
        return value instanceof Constant ? Number(signed(value.value)) : new UnknownNumber(value);
      }
      case 'isTrue': {
        const value = read(0);
        return value instanceof Constant ? value.value !== 0n : new Unknown(value);
      }
      case 'copy': {
        const to = pointer(0);
        to.cells.set(to.at, read(1));
        return undefined;
      }
      case 'copyn': {
        const [to, from] = [pointer(0), pointer(1)];
        const count = this.#number(args[2] ?? unknownForm('too few arguments'), scope);
        for (let i = 0; i < count; i++) to.cells.set(to.at + i, from.cells.get(from.at + i));
        return undefined;
      }
    }
    if (!isOperator(operation)) return unknownForm(`Fr_${operation}`);
    const to = pointer(0);
    const a = read(1);
    const result = this.#context.builder.operate(operation, a, UNARY.has(operation) ? a : read(2));
    to.cells.set(to.at, result ?? unknownForm('a division by zero'));
    return undefined;
  }

  #assert(truth: Unknown | boolean): undefined {
    if (!(truth instanceof Unknown)) return truth ? undefined : unknownForm('an assertion that never holds');
    this.#branches.assert(truth.value, this.#context.constant(1n));
    return undefined;
  }

  #truth(expression: Expression, scope: Scope): Unknown | boolean {
    const item = this.#evaluate(expression, scope);
    return item instanceof Unknown ? item : Boolean(item);
  }

  #known(expression: Expression, scope: Scope): boolean {
    const truth = this.#truth(expression, scope);
    if (truth instanceof Unknown) throw new Untraceable('a loop depends on a signal');
    return truth;
  }

  #number(expression: Expression, scope: Scope): number {
    const item = this.#evaluate(expression, scope);
    if (item instanceof UnknownNumber) throw new Untraceable('a number depends on a signal');
    return typeof item === 'number' ? item : unknownForm('a number is wanted');
  }

  #constantAt(at: number): Constant {
    return this.#context.constant(
      this.#context.text.constants[at] ?? unknownForm('there is no such constant'),
    );
  }
}
