import { type Command, Option } from 'commander';
import { BACKEND_CHOICES, type BackendChoice, selectBackend } from '../prover/backend.ts';
import { writeJsonFile } from './text-file.ts';

/** The option of every command that proves. */
export function backendOption(): Option {
  return new Option('--backend <name>', 'prover to use').choices(BACKEND_CHOICES).default('auto');
}

/** `millrace groth16-prove`: the arguments of `snarkjs groth16 prove`, in its order. */
export function registerGroth16Prove(program: Command): void {
  program
    .command('groth16-prove')
    .description('prove any circuit: Groth16 on BN254, with a proving key and a witness of snarkjs')
    .argument('<zkey>', 'proving key')
    .argument('<wtns>', 'witness')
    .argument('<proof>', 'where the proof goes')
    .argument('<public>', 'where the public signals go')
    .addOption(backendOption())
    .action(
      async (
        zkey: string,
        wtns: string,
        proofFile: string,
        publicFile: string,
        options: { backend: BackendChoice },
      ) => {
        const backend = await selectBackend(options.backend);
        try {
          const { proof, publicSignals } = await backend.prove(zkey, wtns);
          await writeJsonFile(proofFile, proof);
          await writeJsonFile(publicFile, publicSignals);
        } finally {
          await backend.close();
        }
      },
    );
}
