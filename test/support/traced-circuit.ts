import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactFolder } from '../../prover/artifacts/artifact-folder.ts';
import type { Circuit } from '../../prover/artifacts/circuit-sources.ts';
import { compileCircuit, symbolFile } from '../../prover/artifacts/compile-circuit.ts';
import { hasWitnessProgram, makeWitnessProgram } from '../../prover/artifacts/witness-program.ts';
import type { NativeAddon } from '../../prover/native/addon.ts';
import type { CircuitInput } from '../../prover/witness-input.ts';
import { NativeWitness } from '../../prover/witness-native.ts';
import { PROGRAM_FILE } from '../../prover/witness-program/program-file.ts';
import { calculateWtns } from '../../prover/witness-wasm.ts';
import { withFileLock } from '../../scripts/bootstrap/file-lock.mjs';

/** A circuit with both ways to its witness. */
export interface TracedCircuit {
  /** Path of the witness program. */
  readonly program: string;
  readonly native: NativeWitness;
  /** By circom's WASM. */
  wasm(input: CircuitInput): Promise<Uint8Array>;
}

/** Compiles a circuit and makes its witness program, once for each version of its sources. */
export async function tracedCircuit(addon: NativeAddon, circuit: Circuit): Promise<TracedCircuit> {
  const compiled = await compileCircuit(circuit, join(artifactFolder(), 'circuits'));
  const folder = `${compiled.folder}-program`;
  await mkdir(folder, { recursive: true });
  await withFileLock(`${folder}.lock`, async () => {
    if (await hasWitnessProgram(circuit, folder)) return;
    const problem = await makeWitnessProgram(circuit, Promise.resolve(symbolFile(compiled)), folder);
    if (problem !== undefined) throw new Error(problem);
  });
  const program = join(folder, PROGRAM_FILE);
  const module = await WebAssembly.compile(await readFile(join(compiled.folder, 'circuit.wasm')));
  return {
    program,
    native: await NativeWitness.open(addon, program),
    wasm: (input) => calculateWtns(module, input),
  };
}

/** The value of each wire in a `.wtns` file. */
export function witnessValues(wtns: Uint8Array): bigint[] {
  const prefix = 76;
  return Array.from({ length: (wtns.length - prefix) / 32 }, (_, i) => {
    const bytes = Buffer.from(wtns.subarray(prefix + 32 * i, prefix + 32 * i + 32));
    return BigInt(`0x${bytes.reverse().toString('hex')}`);
  });
}
