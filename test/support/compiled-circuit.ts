import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchWitness } from '../../protocol/witness.ts';
import { artifactFolder } from '../../prover/artifacts/artifact-folder.ts';
import type { Circuit } from '../../prover/artifacts/circuit-sources.ts';
import { compileCircuit } from '../../prover/artifacts/compile-circuit.ts';
import { WitnessCalculator } from '../../prover/witness.ts';
import type { CircuitInput, SignalValue } from '../../prover/witness-input.ts';
import { parseR1cs, type R1cs } from './r1cs.ts';

/** Bytes of a `.wtns` file before its first value. */
const WTNS_PREFIX_BYTES = 76;
const VALUE_BYTES = 32;

/** A compiled circuit as tests use it: made once for each version of its sources, then cached. */
export class CompiledCircuit {
  readonly #folder: string;
  readonly #calculator: WitnessCalculator;

  private constructor(folder: string, calculator: WitnessCalculator) {
    this.#folder = folder;
    this.#calculator = calculator;
  }

  static async open(circuit: Circuit): Promise<CompiledCircuit> {
    const { folder } = await compileCircuit(circuit, join(artifactFolder(), 'circuits'));
    return new CompiledCircuit(folder, await WitnessCalculator.open(join(folder, 'circuit.wasm')));
  }

  /** The value of each wire. @throws {MillraceError} `input/witness-failed` if the circuit refuses the input */
  async witness(input: CircuitInput | BatchWitness): Promise<bigint[]> {
    const bytes = Buffer.from(await this.#calculator.calculate({ ...input }));
    const values: bigint[] = [];
    for (let at = WTNS_PREFIX_BYTES; at < bytes.length; at += VALUE_BYTES) {
      values.push(
        BigInt(
          `0x${Buffer.from(bytes.subarray(at, at + VALUE_BYTES))
            .reverse()
            .toString('hex')}`,
        ),
      );
    }
    return values;
  }

  async r1cs(): Promise<R1cs> {
    return parseR1cs(await readFile(join(this.#folder, 'circuit.r1cs')));
  }

  /** The input's value by wire, of what is in constraints. */
  async inputWires(input: CircuitInput | Partial<BatchWitness>): Promise<Map<number, bigint>> {
    const wires = new Map<string, number>();
    for (const [wire, name] of await this.#symbols()) if (wire > 0) wires.set(name, wire);
    const values = new Map<number, bigint>();
    const enter = (name: string, value: SignalValue): void => {
      if (typeof value === 'string') {
        const wire = wires.get(name);
        if (wire !== undefined) values.set(wire, BigInt(value));
      } else for (const [i, element] of value.entries()) enter(`${name}[${i}]`, element);
    };
    for (const [name, value] of Object.entries(input)) enter(`main.${name}`, value);
    return values;
  }

  /** Values by wire instead of by name, of what is in constraints. */
  async wiresOf(values: ReadonlyMap<string, bigint>): Promise<[wire: number, value: bigint][]> {
    const symbols = await this.#symbols();
    return symbols.flatMap(([wire, name]): [number, bigint][] => {
      const value = values.get(name);
      return wire > 0 && value !== undefined ? [[wire, value]] : [];
    });
  }

  /** Names by wire, of those signals that the optimizer left in the circuit. Wire 0 is the constant 1. */
  async wireNames(): Promise<Map<number, string>> {
    const names = new Map<number, string>();
    for (const [wire, name] of await this.#symbols()) {
      if (wire > 0 && !names.has(wire)) names.set(wire, name);
    }
    return names;
  }

  /** Every signal's wire and name; wire -1 where the optimizer has taken the signal out. */
  async #symbols(): Promise<[number, string][]> {
    const lines = (await readFile(join(this.#folder, 'circuit.sym'), 'utf8')).trim().split('\n');
    return lines.map((line) => {
      const [, wire, , name = ''] = line.split(',');
      return [Number(wire), name];
    });
  }
}
