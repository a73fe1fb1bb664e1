import { readFile } from 'node:fs/promises';
import { FIELD } from '../protocol/field.ts';
import type { NativeAddon, NativeWitnessCalculator } from './native/addon.ts';
import type { CircuitInput, SignalValue } from './witness-input.ts';
import { badProgram, decodeProgram, type ProgramInputs } from './witness-program/program-file.ts';
import { VALUE_BYTES } from './wtns-file.ts';

/** Runs a circuit's witness program in native code. */
export class NativeWitness {
  readonly #addon: NativeAddon;
  readonly #calculator: NativeWitnessCalculator;
  readonly #inputs: ProgramInputs;

  private constructor(addon: NativeAddon, calculator: NativeWitnessCalculator, inputs: ProgramInputs) {
    this.#addon = addon;
    this.#calculator = calculator;
    this.#inputs = inputs;
  }

  /**
   * @param program path of a file of program-file.ts's format
   * @throws {MillraceError} `input` / `bad-witness-program`; what reading the file throws
   */
  static async open(addon: NativeAddon, program: string): Promise<NativeWitness> {
    const { inputs, native } = decodeProgram(await readFile(program));
    const opened = await addon.openWitnessProgram(native).catch((error) => {
      throw error.code === 'bad-witness-program' ? badProgram(error.message) : error;
    });
    if (opened.inputs !== inputs.reduce((sum, { size }) => sum + size, 0)) {
      throw badProgram('has a wrong list of inputs');
    }
    return new NativeWitness(addon, opened.calculator, inputs);
  }

  /**
   * @returns the witness in iden3's `.wtns` format, byte for byte that of circom's calculator; undefined for an input that the
   *   circuit refuses, or that does not have its signals. circom's calculator can say why.
   */
  async calculate(input: CircuitInput): Promise<Uint8Array | undefined> {
    const values = packValues(input, this.#inputs);
    if (values === undefined) return undefined;
    try {
      return await this.#addon.calculateWitness(this.#calculator, values);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'witness-failed') return undefined;
      throw error;
    }
  }
}

/** The values in the order of the program's inputs; undefined unless they are exactly these, each below r. */
function packValues(input: CircuitInput, inputs: ProgramInputs): Uint8Array | undefined {
  if (Object.keys(input).length !== inputs.length) return undefined;
  const total = inputs.reduce((sum, { size }) => sum + size, 0);
  const words = new BigUint64Array((total * VALUE_BYTES) / 8);
  let position = 0;
  const write = (value: SignalValue): boolean => {
    if (typeof value !== 'string') return value.every(write);
    const number = BigInt(value);
    if (number >= FIELD || position >= words.length) return false;
    for (let limb = 0, rest = number; rest > 0n; limb++, rest >>= 64n)
      words[position + limb] = rest & LIMB_MASK;
    position += VALUE_BYTES / 8;
    return true;
  };
  for (const { name, size } of inputs) {
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    const end = position + (size * VALUE_BYTES) / 8;
    if (value === undefined || !write(value) || position !== end) return undefined;
  }
  return new Uint8Array(words.buffer);
}

const LIMB_MASK = (1n << 64n) - 1n;
