import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MillraceError } from '../../protocol/error.ts';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import type { BackendName } from '../../prover/backend.ts';

/** Files of one proof, absolute paths. */
export interface ProofFiles {
  readonly zkey: string;
  readonly wtns: string;
  readonly proof: string;
  readonly publicSignals: string;
}

/** A prover that is measured. */
export interface BenchBackend {
  readonly name: string;
  /** The program that makes one proof, and its arguments: what a user would call. */
  command(files: ProofFiles): string[];
  /** The backend that keeps a key in memory, if there is one. */
  readonly resident?: BackendName;
}

const SNARKJS_CLI = createRequire(import.meta.url)
  .resolve('snarkjs')
  .replace(/main\.cjs$/, 'cli.cjs');

const NATIVE: BenchBackend = {
  name: 'native',
  resident: 'native',
  command: ({ zkey, wtns, proof, publicSignals }) => [
    join(REPOSITORY, 'millrace'),
    'groth16-prove',
    zkey,
    wtns,
    proof,
    publicSignals,
    '--backend',
    'native',
  ],
};

const SNARKJS: BenchBackend = {
  name: 'snarkjs',
  resident: 'snarkjs',
  command: ({ zkey, wtns, proof, publicSignals }) => [
    process.execPath,
    SNARKJS_CLI,
    'groth16',
    'prove',
    zkey,
    wtns,
    proof,
    publicSignals,
  ],
};

/**
 * Reads a list such as `native,snarkjs,rapidsnark=/path/to/prover`. What stands behind `=` is the path of a program that
 * is called with a zkey, a wtns and the names of its two outputs.
 *
 * @throws {MillraceError} `input` / `unknown-backend`
 */
export function parseBackends(list: string): BenchBackend[] {
  const backends = list.split(',').map(parseBackend);
  const names = new Set(backends.map(({ name }) => name));
  if (names.size === backends.length) return backends;
  throw unknownBackend(list, 'A backend is named twice');
}

function parseBackend(text: string): BenchBackend {
  if (text === 'native') return NATIVE;
  if (text === 'snarkjs') return SNARKJS;
  const [, name, program] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(text) ?? [];
  if (name === undefined || program === undefined || name === 'native' || name === 'snarkjs') {
    throw unknownBackend(text, 'There is no such backend');
  }
  return {
    name,
    command: ({ zkey, wtns, proof, publicSignals }) => [program, zkey, wtns, proof, publicSignals],
  };
}

function unknownBackend(found: string, problem: string): MillraceError {
  return new MillraceError('input', 'unknown-backend', problem, {
    details: { found },
    fix: 'List some of native, snarkjs and NAME=PROGRAM, such as rapidsnark=/path/to/prover.',
  });
}
