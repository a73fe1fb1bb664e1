import { readFile } from 'node:fs/promises';
import { MillraceError } from '../../protocol/error.ts';
import type { ProofFiles } from './backends.ts';

/**
 * What a prover wrote; the proof is for the verifier to judge. Fields that say which proof system it is are set: some
 * provers leave the curve out.
 *
 * @throws {MillraceError} `input` / `program-failed` when a file is missing or is not JSON
 */
export async function readProofFiles({
  proof,
  publicSignals,
}: Pick<ProofFiles, 'proof' | 'publicSignals'>): Promise<{ proof: unknown; publicSignals: unknown }> {
  const { pi_a, pi_b, pi_c } = (await readJson(proof)) as Record<string, unknown>;
  return {
    proof: { pi_a, pi_b, pi_c, protocol: 'groth16', curve: 'bn128' },
    publicSignals: await readJson(publicSignals),
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
    throw new Error('neither an object nor an array');
  } catch (cause) {
    throw new MillraceError(
      'input',
      'program-failed',
      'A measured program did not write its proof as snarkjs does',
      {
        details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
        fix: 'It is called with a zkey, a wtns, and the files for the proof and the public signals.',
        cause,
      },
    );
  }
}
