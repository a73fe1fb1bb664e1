import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { zKey } from 'snarkjs';
import { poseidon } from '../../protocol/poseidon.ts';
import type { Circuit } from '../../prover/artifacts/circuit-sources.ts';
import { devSetup } from '../../prover/setup/dev-setup.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** Ignored by git; kept from run to run. */
const CACHE = fileURLToPath(new URL('../../build/test', import.meta.url));

const CIRCOMLIB = join(dirname(require.resolve('circomlib/package.json')), 'circuits');

/** Three public inputs as the batch circuit has, and a private x with C = Poseidon(x) and y = x z. */
const SOURCE = `pragma circom 2.2.0;
include "poseidon.circom";
template Chain() {
    signal input C;
    signal input z;
    signal input y;
    signal input x[2];
    component h = Poseidon(2);
    h.inputs <== x;
    C === h.out;
    y === x[0] * z;
}
component main { public [C, z, y] } = Chain();
`;

/** The line of SOURCE that an input with a wrong C breaks. */
export const TOY_C_LINE = 10;

/** Files of the toy circuit. */
export interface ToyFiles {
  readonly folder: string;
  readonly r1cs: string;
  readonly wasm: string;
  readonly zkey: string;
  readonly vkey: Record<string, unknown>;
  /** As snarkjs's setup leaves a key without a contribution: gamma equals delta. */
  readonly forgeableVkey: Record<string, unknown>;
}

/** Builds the toy circuit with circom and the dev setup, once for each version of its source. */
export async function toyCircuit(): Promise<ToyFiles> {
  const hash = createHash('sha256').update(SOURCE).digest('hex').slice(0, 16);
  const folder = join(CACHE, `toy-${hash}`);
  if (!existsSync(folder)) {
    await mkdir(CACHE, { recursive: true });
    const work = await mkdtemp(`${folder}-`);
    await build(work);
    // Several test files may build at once: the first one wins, the others drop theirs.
    await rename(work, folder).catch(() => rm(work, { recursive: true, force: true }));
  }
  const vkey = JSON.parse(await readFile(join(folder, 'vkey.json'), 'utf8'));
  return {
    folder,
    r1cs: join(folder, 'toy.r1cs'),
    wasm: join(folder, 'toy_js', 'toy.wasm'),
    zkey: join(folder, 'toy.zkey'),
    vkey,
    forgeableVkey: { ...vkey, vk_delta_2: vkey.vk_gamma_2 },
  };
}

/** The circuit, for those that compile it themselves. */
export function toySource(): Circuit {
  return { name: 'toy', main: SOURCE, libraries: [CIRCOMLIB] };
}

/** The circuit's input for x, and the public signals that it must give. */
export function toyInput(
  x: bigint,
  z = 7n,
): { input: Record<string, string | string[]>; publicSignals: string[] } {
  const c = poseidon([x, 1n]);
  const publicSignals = [c, z, x * z].map(String);
  const [C = '', Z = '', y = ''] = publicSignals;
  return { input: { C, z: Z, y, x: [String(x), '1'] }, publicSignals };
}

async function build(folder: string): Promise<void> {
  await writeFile(join(folder, 'toy.circom'), SOURCE);
  const circom = require.resolve('circom2/cli.js');
  // circom in WASM sees only the folders between its working directory and the root.
  const options = ['--r1cs', '--wasm', '--O2', '-l', CIRCOMLIB, '-o', folder];
  await run(process.execPath, [circom, join(folder, 'toy.circom'), ...options], { cwd: '/' });

  const zkey = join(folder, 'toy.zkey');
  await devSetup({ r1cs: join(folder, 'toy.r1cs'), zkey, backend: 'wasm' });
  await writeFile(join(folder, 'vkey.json'), JSON.stringify(await zKey.exportVerificationKey(zkey)));
}
