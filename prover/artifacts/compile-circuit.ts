import { copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { MillraceError } from '../../protocol/error.ts';
import { withFileLock } from '../../scripts/bootstrap/file-lock.mjs';
import { startSupervised } from '../../scripts/supervised-child.ts';
import { type OnArtifactProgress, withProgress } from './artifact-progress.ts';
import { CIRCOM, type Circuit, circuitSourceHash } from './circuit-sources.ts';
import { hashFile } from './file-hash.ts';

const CIRCOM_PROCESS = fileURLToPath(new URL('./circom-process.ts', import.meta.url));

/** What circom makes: file name in our folder, and where circom puts it. */
const OUTPUTS = {
  'circuit.r1cs': 'circuit.r1cs',
  'circuit.wasm': join('circuit_js', 'circuit.wasm'),
  'circuit.sym': 'circuit.sym',
};
/** Written last: its lines are the hash and the name of each output. */
const CHECKSUMS = 'SHA256SUMS';

export interface CompiledCircuit {
  /** Holds `circuit.r1cs`, `circuit.wasm` and `circuit.sym`. */
  readonly folder: string;
  /** See {@link circuitSourceHash}. */
  readonly sourceHash: string;
}

/**
 * Compiles a circuit with circom for BN254, in a process of its own; or finds it compiled. The cache is
 * apart from that of the keys, so that a new or interrupted setup does not compile again.
 *
 * @param cache folder of compiled circuits
 * @throws {MillraceError} `internal/circuit-does-not-compile`, `internal/missing-include`
 */
export async function compileCircuit(
  circuit: Circuit,
  cache: string,
  onProgress?: OnArtifactProgress,
): Promise<CompiledCircuit> {
  const sourceHash = await circuitSourceHash(circuit);
  const folder = join(cache, `${circuit.name}-${sourceHash.slice(0, 12)}`);
  await withFileLock(
    `${folder}.lock`,
    async () => {
      if (await isWhole(folder)) return;
      const partial = `${folder}.partial`;
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      const text = `compiling circuit ${circuit.name}`;
      await withProgress({ stage: 'compiling', text }, onProgress, () => compileInto(circuit, partial));
      await rm(folder, { recursive: true, force: true });
      await rename(partial, folder);
    },
    (holder) =>
      onProgress?.({
        stage: 'waiting',
        text: `process ${holder} is compiling circuit ${circuit.name}`,
        elapsedMs: 0,
      }),
  );
  return { folder, sourceHash };
}

/** Path of the constraints. */
export function r1csFile({ folder }: CompiledCircuit): string {
  return join(folder, 'circuit.r1cs');
}

/** Path of the file that names the circuit's signals. */
export function symbolFile({ folder }: CompiledCircuit): string {
  return join(folder, 'circuit.sym');
}

/** Puts the compiled files into another folder: as links, since they are large and never change, where links work. */
export async function linkCompiled({ folder }: CompiledCircuit, target: string): Promise<void> {
  for (const name of Object.keys(OUTPUTS)) {
    try {
      await link(join(folder, name), join(target, name));
    } catch {
      await copyFile(join(folder, name), join(target, name));
    }
  }
}

async function compileInto(circuit: Circuit, folder: string): Promise<void> {
  await runCircom(circuit, folder, ['--r1cs', '--wasm', '--sym']);
  const sums: string[] = [];
  for (const [name, output] of Object.entries(OUTPUTS)) {
    if (name !== output) await rename(join(folder, output), join(folder, name));
    sums.push(`${(await hashFile(join(folder, name))).sha256}  ${name}\n`);
  }
  await rm(join(folder, 'circuit_js'), { recursive: true });
  await writeFile(join(folder, CHECKSUMS), sums.join(''));
}

/**
 * Runs circom in a process of its own. The circuit's file is called `circuit`, and so are the outputs.
 *
 * @param folder where the outputs go
 * @param outputs circom's flags that ask for them
 * @throws {MillraceError} `internal/circuit-does-not-compile`
 */
export async function runCircom(circuit: Circuit, folder: string, outputs: readonly string[]): Promise<void> {
  const main = join(folder, 'circuit.circom');
  await writeFile(main, circuit.main);
  const libraries = circuit.libraries.flatMap((library) => ['-l', library]);
  const child = startSupervised(process.execPath, [
    CIRCOM_PROCESS,
    main,
    ...(circuit.flags ?? CIRCOM.flags),
    ...outputs,
    '-o',
    folder,
    ...libraries,
  ]);
  const code = await child.exited;
  if (code !== 0) {
    throw new MillraceError(
      'internal',
      'circuit-does-not-compile',
      `circom refused circuit ${circuit.name}`,
      {
        details: { code, output: stripVTControlCharacters(child.output()) },
        fix: 'Correct the circuit at the place that circom names.',
      },
    );
  }
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const sums = await readFile(join(folder, CHECKSUMS), 'utf8');
    for (const line of sums.trim().split('\n')) {
      const [sha256, name = ''] = line.split('  ');
      if ((await hashFile(join(folder, name))).sha256 !== sha256) return false;
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
