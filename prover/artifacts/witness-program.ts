import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson } from '../../protocol/canonical-json.ts';
import { startSupervised } from '../../scripts/supervised-child.ts';
import { loadNative } from '../native/addon.ts';
import { PROGRAM_FILE, programKey } from '../witness-program/program-file.ts';
import { type Circuit, circuitSourceHash } from './circuit-sources.ts';
import { runCircom } from './compile-circuit.ts';
import { hashText } from './file-hash.ts';

const TRANSLATOR = fileURLToPath(new URL('../witness-program/', import.meta.url));

/** True if the folder has the circuit's witness program, or if there is no native code to run one. */
export async function hasWitnessProgram(circuit: Circuit, folder: string): Promise<boolean> {
  if (loadNative() === undefined) return true;
  return (await programKey(join(folder, PROGRAM_FILE))) === (await makingKey(circuit));
}

/**
 * Makes the circuit's witness program in a folder. Without one, circom's WASM calculates the witness.
 *
 * @param symbols gives the path of the `.sym` file of the circuit as it is proven; perhaps it is still being compiled
 * @returns undefined, or the reason why there is no program
 */
export async function makeWitnessProgram(
  circuit: Circuit,
  symbols: Promise<string>,
  folder: string,
): Promise<string | undefined> {
  const work = join(folder, 'witness-program');
  // Looked at later; whoever compiles hears of a failure too.
  symbols.catch(() => undefined);
  try {
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    // The code is the same however far the constraints are simplified, and without that it takes seconds.
    const unsimplified = { ...circuit, flags: ['--O0'] };
    const [symbolFile] = await Promise.all([symbols, runCircom(unsimplified, work, ['--c'])]);
    const program = join(work, PROGRAM_FILE);
    const code = join(work, 'circuit_cpp');
    const script = join(TRANSLATOR, 'translate-process.ts');
    const args = [script, code, symbolFile, program, await makingKey(circuit)];
    const child = startSupervised(process.execPath, args);
    if ((await child.exited) !== 0) return child.output().trim().split('\n')[0];
    await rename(program, join(folder, PROGRAM_FILE));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Hash of all that decides what the program is. */
async function makingKey(circuit: Circuit): Promise<string> {
  const names = (await readdir(TRANSLATOR)).filter((name) => !name.includes('.test.')).sort();
  const sources = await Promise.all(
    names.map(async (name) => hashText(await readFile(join(TRANSLATOR, name), 'utf8'))),
  );
  return hashText(canonicalJson({ circuit: await circuitSourceHash(circuit), sources }));
}
