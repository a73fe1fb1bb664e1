import type { Command } from 'commander';
import { MillraceError } from '../protocol/error.ts';
import {
  groth16ProofSchema,
  parseProofFile,
  publicSignalsSchema,
  verificationKeySchema,
} from '../prover/proof.ts';
import { verifyProof } from '../prover/verify.ts';
import { readJsonFile } from './text-file.ts';

/** `millrace verify`: exit code 0 when the proof holds, 3 when it does not, 2 when a file is not what it should be. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description("verify a Groth16 proof in snarkjs's file formats, as strictly as L1 does")
    .requiredOption('--vkey <file>', 'verification key')
    .requiredOption('--public <file>', 'public signals')
    .requiredOption('--proof <file>', 'proof')
    .action(async (files: { vkey: string; public: string; proof: string }) => {
      const [vkey, signals, proof] = await Promise.all([
        readJsonFile(files.vkey, 'verification key'),
        readJsonFile(files.public, 'public signals'),
        readJsonFile(files.proof, 'proof'),
      ]);
      const key = parseProofFile(verificationKeySchema, 'verification key', vkey);
      const publicSignals = parseProofFile(publicSignalsSchema, 'public signals', signals);
      const claimed = parseProofFile(groth16ProofSchema, 'proof', proof);
      if (!(await verifyProof(key, publicSignals, claimed))) {
        throw new MillraceError('refused', 'invalid-proof', 'The proof does not hold', {
          details: { ...files, signals: publicSignals.length, signalsOfKey: key.nPublic },
          fix: 'Check that key, public signals and proof belong together.',
        });
      }
      process.stdout.write('OK\n');
    });
}
