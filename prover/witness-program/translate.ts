import { parseBlock, SyntaxProblem } from './c-parser.ts';
import type { Statement } from './c-syntax.ts';
import type { CircuitText } from './circuit-text.ts';
import type { WitnessProgram } from './program-file.ts';
import type { SignalTable } from './signal-table.ts';
import { Constant, TemplateBuilder } from './template-builder.ts';
import { encodeTemplate, type TemplateCode } from './template-code.ts';
import { TemplateRun } from './template-run.ts';
import { Untraceable } from './untraceable.ts';

/**
 * Makes a circuit's witness program from what circom wrote.
 *
 * @param signals of the circuit as it is proven: which signals are witness values depends on how far circom simplified it
 * @throws {Untraceable} for a circuit that no such program calculates, with the template's name
 */
export function translate(text: CircuitText, signals: SignalTable): WitnessProgram {
  if (signals.signals !== text.signals) throw new Untraceable('the signals are those of another circuit');
  const constants = new ConstantPool();
  const functions = new Map<string, Statement>();
  const body = (name: string): Statement => {
    const known = functions.get(name);
    if (known !== undefined) return known;
    const position = text.functions.get(name);
    if (position === undefined) throw new Untraceable(`code of an unknown form: no function ${name}`);
    const parsed = parseBlock(text.code, position);
    // The code of a template runs once.
    if (!/_(run|create)$/.test(name)) functions.set(name, parsed);
    return parsed;
  };
  const templates = text.templates.map((name): TemplateCode => {
    const builder = new TemplateBuilder((value) => constants.constant(value));
    try {
      const context = { text, builder, body, constant: (value: bigint) => constants.constant(value) };
      new TemplateRun(context).template(name);
    } catch (error) {
      if (error instanceof Untraceable || error instanceof SyntaxProblem) {
        throw new Untraceable(`in template ${name}: ${error.message}`);
      }
      throw error;
    }
    return encodeTemplate(builder.steps, (constant) => constants.place(constant));
  });
  return {
    signals: text.signals,
    firstInput: text.firstInput,
    inputs: signals.inputs(text.firstInput, text.inputs),
    main: text.main,
    constants: constants.values,
    witness: signals.witness,
    templates,
  };
}

/** A program's constants: one object for each value; a place for each that the code uses. */
class ConstantPool {
  readonly values: bigint[] = [];
  readonly #constants = new Map<bigint, Constant>();
  readonly #places = new Map<Constant, number>();

  constant(value: bigint): Constant {
    const known = this.#constants.get(value);
    if (known !== undefined) return known;
    const made = new Constant(value);
    this.#constants.set(value, made);
    return made;
  }

  place(constant: Constant): number {
    const known = this.#places.get(constant);
    if (known !== undefined) return known;
    const place = this.values.push(constant.value) - 1;
    this.#places.set(constant, place);
    return place;
  }
}
