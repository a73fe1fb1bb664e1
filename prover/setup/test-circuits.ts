import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

export interface TestCircuit {
  readonly r1cs: string;
  readonly wasm: string;
  /** A valid input. */
  readonly input: Readonly<Record<string, string>>;
}

/** Each stresses another corner of the setup. */
const SOURCES = {
  /** Public inputs, outputs, private wires; rows that do not fill the domain. */
  mixed: {
    source: `
      template Main() {
        signal input x; signal input y; signal input shown; signal output out[2]; signal s[21];
        s[0] <== x * y + shown;
        for (var i = 0; i < 20; i++) { s[i + 1] <== s[i] * s[i] + 3 * x - i; }
        out[0] <== s[20]; out[1] <== x * x;
      }
      component main { public [shown] } = Main();`,
    input: { x: '3', y: '4', shown: '9' },
  },
  /** No private wire: the L section is empty. */
  allPublic: {
    source: `
      template Main() { signal input x; signal input y; x * y === 12; }
      component main { public [x, y] } = Main();`,
    input: { x: '3', y: '4' },
  },
  /** No public signal: IC is one point. */
  allPrivate: {
    source: `
      template Main() { signal input x; signal input y; signal z; z <== x * y; z * x === 36; }
      component main = Main();`,
    input: { x: '3', y: '4' },
  },
} as const;

export type TestCircuitName = keyof typeof SOURCES;
export const TEST_CIRCUITS = Object.keys(SOURCES) as TestCircuitName[];

/** Compiles one of the circuits into a folder of its own under `folder`. */
export async function compileTestCircuit(name: TestCircuitName, folder: string): Promise<TestCircuit> {
  const { source, input } = SOURCES[name];
  const own = join(folder, name);
  await mkdir(own);
  await writeFile(join(own, 'main.circom'), `pragma circom 2.2.0;${source}`);
  // circom in WASM sees only the folders between its working directory and the root.
  const options = [join(own, 'main.circom'), '--r1cs', '--wasm', '--O2', '-o', own];
  await run(process.execPath, [require.resolve('circom2/cli.js'), ...options], { cwd: '/' });
  return { r1cs: join(own, 'main.r1cs'), wasm: join(own, 'main_js', 'main.wasm'), input };
}
