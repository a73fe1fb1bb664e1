import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

export type Program = 'prover_fuzzer' | 'setup_fuzzer' | 'verifier_fuzzer' | 'concurrent_proofs';

/** Whether a command is installed. */
export function has(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Builds a program of this folder, warnings being errors.
 *
 * @param folder the program goes to it
 * @param avx2 whether the program also has the AVX2 prover, for MILLRACE_KERNEL=avx2
 * @returns the program's path
 */
export async function buildProgram(
  program: Program,
  folder: string,
  { compiler, flags, avx2 }: { compiler: string; flags: readonly string[]; avx2: boolean },
): Promise<string> {
  const output = join(folder, `${program}-${compiler}`);
  const common = ['-std=c++17', '-g', '-pthread', '-Wall', '-Wextra', '-Werror', ...flags];
  const objects: string[] = [];
  const compile = async (source: string, own: readonly string[]): Promise<void> => {
    const object = `${output}-${objects.length}.o`;
    objects.push(object);
    await run(compiler, [...common, ...own, '-c', join(here, source), '-o', object]);
  };
  await compile(`${program}.cc`, avx2 ? ['-DMILLRACE_WITH_AVX2'] : []);
  if (avx2) await compile('../prover_avx2.cc', ['-mavx2', '-mfma', '-mbmi2', '-madx']);
  await run(compiler, [...common, ...objects, '-o', output]);
  return output;
}
