import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../protocol/error.ts';
import { loadNative } from './native/addon.ts';
import type { CircuitInput } from './witness-input.ts';
import { NativeWitness } from './witness-native.ts';
import { PROGRAM_FILE } from './witness-program/program-file.ts';
import { calculateWtns } from './witness-wasm.ts';

/**
 * One circuit's witness calculator, opened once and used many times: its witness program in native code where both are
 * there, circom's WASM otherwise, and for an input that is refused, because the WASM can say why.
 */
export class WitnessCalculator {
  readonly #wasm: string;
  #native: NativeWitness | undefined;
  #module: Promise<WebAssembly.Module> | undefined;

  private constructor(wasm: string, native: NativeWitness | undefined) {
    this.#wasm = wasm;
    this.#native = native;
  }

  /**
   * @param wasm path of circom's `--wasm` output; a witness program is looked for beside it
   * @throws {MillraceError} `input` / `bad-witness-wasm` when there is no such module.
   */
  static async open(wasm: string): Promise<WitnessCalculator> {
    const native = await openProgram(join(dirname(wasm), PROGRAM_FILE));
    const calculator = new WitnessCalculator(wasm, native);
    if (native === undefined) await calculator.#loadModule();
    return calculator;
  }

  /** What calculates the witnesses of inputs that the circuit takes. */
  get engine(): 'native' | 'wasm' {
    return this.#native === undefined ? 'wasm' : 'native';
  }

  /**
   * The witness of this input, in iden3's `.wtns` format; throws as `calculateWtns`. Native code may give one that does not
   * fulfil the constraints, if the program is wrong: `proveInput` notices.
   */
  async calculate(input: CircuitInput): Promise<Uint8Array> {
    return (await this.#native?.calculate(input)) ?? this.calculateWithWasm(input);
  }

  /** {@link calculate} without native code. */
  async calculateWithWasm(input: CircuitInput): Promise<Uint8Array> {
    return calculateWtns(await this.#loadModule(), input);
  }

  /** Uses native code no more: its program was found wrong. */
  dropProgram(): void {
    this.#native = undefined;
  }

  #loadModule(): Promise<WebAssembly.Module> {
    this.#module ??= compileModule(this.#wasm);
    return this.#module;
  }
}

async function compileModule(wasm: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(wasm));
  } catch (cause) {
    throw new MillraceError('input', 'bad-witness-wasm', 'The witness calculator cannot be loaded', {
      details: { file: wasm, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Build the artifacts again with millrace setup.',
      cause,
    });
  }
}

/** The program, if it is there and whole, and there is native code to run it. */
async function openProgram(path: string): Promise<NativeWitness | undefined> {
  const addon = loadNative();
  if (addon === undefined) return undefined;
  try {
    return await NativeWitness.open(addon, path);
  } catch (error) {
    // No program, or one that cannot be run: the WASM does the same. Set-up replaces an outdated one.
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT' || code === 'bad-witness-program') return undefined;
    throw error;
  }
}
