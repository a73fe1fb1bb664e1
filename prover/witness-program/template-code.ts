import { Constant, type Operation, Result, Signal, type Step, type Value } from './template-builder.ts';

/** Instructions of a witness program, by number; those of circom's operators have their names. */
export const OPCODES = [
  'end',
  'copy',
  'assert',
  'run',
  'select',
  'bits',
  'add',
  'sub',
  'mul',
  'div',
  'idiv',
  'mod',
  'pow',
  'shl',
  'shr',
  'band',
  'bor',
  'bxor',
  'eq',
  'neq',
  'lt',
  'gt',
  'leq',
  'geq',
  'land',
  'lor',
  'neg',
  'bnot',
  'lnot',
  'pick',
] as const satisfies readonly (Operation | 'end' | 'copy' | 'assert' | 'run')[];

type Opcode = (typeof OPCODES)[number];
const NUMBERS = new Map<Opcode, number>(OPCODES.map((name, number) => [name, number]));

/** The two high bits of an operand: where it is; the rest is its place there. */
const ROOM_SHIFT = 30;
const ROOMS = { signal: 0, temporary: 1, constant: 2 };

/** One template as instructions, 32 bits a word. */
export interface TemplateCode {
  readonly words: readonly number[];
  /** Number of temporary values. */
  readonly temporaries: number;
}

/**
 * Writes a template's steps as instructions, without those whose results nobody uses.
 *
 * @param constantPlace gives a constant's place in the program's list
 */
export function encodeTemplate(
  steps: readonly Step[],
  constantPlace: (constant: Constant) => number,
): TemplateCode {
  const used = usedSteps(steps);
  const temporaries = new TemporaryPlaces(used);
  const words: number[] = [];
  const operand = (value: Value): number => {
    const target = value instanceof Result ? (value.home ?? value) : value;
    if (target instanceof Signal) return word(ROOMS.signal, target.place);
    if (target instanceof Constant) return word(ROOMS.constant, constantPlace(target));
    return word(ROOMS.temporary, temporaries.of(target));
  };
  for (const step of used) {
    switch (step.kind) {
      case 'compute': {
        const { operation, operands, range } = step.result;
        const sources = operands.map(operand);
        temporaries.pass(step);
        // The number of values comes before the values.
        if (operation === 'pick') sources.splice(1, 0, sources.length - 1);
        words.push(opcode(operation) | (range[0] << 8) | (range[1] << 16), operand(step.result));
        for (const source of sources) words.push(source);
        break;
      }
      case 'copy':
        words.push(opcode('copy'), operand(step.to), operand(step.from));
        temporaries.pass(step);
        break;
      case 'assert':
        words.push(opcode('assert'), operand(step.value));
        temporaries.pass(step);
        break;
      case 'run':
        words.push(opcode('run'), step.template, step.place);
        break;
    }
  }
  words.push(opcode('end'));
  return { words, temporaries: temporaries.count };
}

function opcode(name: Opcode): number {
  return NUMBERS.get(name) ?? 0;
}

function word(room: number, place: number): number {
  return room * 2 ** ROOM_SHIFT + place;
}

/** Steps that have an effect, or whose result one of these uses. */
function usedSteps(steps: readonly Step[]): Step[] {
  const needed = new Set<Value>();
  const used: Step[] = [];
  for (const step of steps.toReversed()) {
    if (step.kind === 'compute' && step.result.home === undefined && !needed.has(step.result)) continue;
    for (const value of sourcesOf(step)) needed.add(value);
    used.push(step);
  }
  return used.reverse();
}

function sourcesOf(step: Step): readonly Value[] {
  switch (step.kind) {
    case 'compute':
      return step.result.operands;
    case 'copy':
      return [step.from];
    case 'assert':
      return [step.value];
    case 'run':
      return [];
  }
}

/** Gives results places among the temporaries; a place is free again after the last use of what is in it. */
class TemporaryPlaces {
  count = 0;
  readonly #lastUse = new Map<Value, Step>();
  readonly #places = new Map<Result, number>();
  readonly #free: number[] = [];

  constructor(steps: readonly Step[]) {
    for (const step of steps) {
      for (const value of sourcesOf(step)) this.#lastUse.set(value, step);
    }
  }

  of(result: Result): number {
    const known = this.#places.get(result);
    if (known !== undefined) return known;
    const place = this.#free.pop() ?? this.count++;
    this.#places.set(result, place);
    return place;
  }

  /** Frees what this step was the last to use. */
  pass(step: Step): void {
    for (const value of new Set(sourcesOf(step))) {
      const place = value instanceof Result ? this.#places.get(value) : undefined;
      if (place !== undefined && this.#lastUse.get(value) === step) this.#free.push(place);
    }
  }
}
