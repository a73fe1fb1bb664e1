import { readFile } from 'node:fs/promises';
import { MillraceError } from '../protocol/error.ts';
import type { CircuitInput } from './witness-input.ts';
import { calculateWtns } from './witness-wasm.ts';

/** One circuit's witness calculator, compiled once and used many times. */
export class WitnessCalculator {
  readonly #module: WebAssembly.Module;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /**
   * @param wasm path of circom's `--wasm` output
   * @throws {MillraceError} `input` / `bad-witness-wasm` when there is no such module.
   */
  static async open(wasm: string): Promise<WitnessCalculator> {
    try {
      return new WitnessCalculator(await WebAssembly.compile(await readFile(wasm)));
    } catch (cause) {
      throw new MillraceError('input', 'bad-witness-wasm', 'The witness calculator cannot be loaded', {
        details: { file: wasm, reason: cause instanceof Error ? cause.message : String(cause) },
        fix: 'Build the artifacts again with millrace setup.',
        cause,
      });
    }
  }

  /** The witness of this input, in iden3's `.wtns` format; throws as `calculateWtns`. */
  calculate(input: CircuitInput): Promise<Uint8Array> {
    return calculateWtns(this.#module, input);
  }
}
