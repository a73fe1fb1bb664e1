import { groth16 } from 'snarkjs';
import { MillraceError } from '../../protocol/error.ts';
import type { ProofBackend, ProofOutput } from '../backend.ts';
import { groth16ProofSchema, publicSignalsSchema } from '../proof.ts';

import { readZkeyFile } from '../setup/zkey-file.ts';
import { checkWtns } from '../wtns-file.ts';

/** snarkjs's prover: JavaScript and WASM threads, runs wherever Node runs. */
export class SnarkjsBackend implements ProofBackend {
  readonly name = 'snarkjs';
  /** snarkjs has one curve with worker threads for the whole process, so proofs go one after another. */
  #last: Promise<unknown> = Promise.resolve();

  prove(zkey: string, wtns: string | Uint8Array): Promise<ProofOutput> {
    const result = this.#last.then(() => prove(zkey, wtns));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
  }
}

async function prove(zkey: string, wtns: string | Uint8Array): Promise<ProofOutput> {
  const { wires } = await readZkeyFile(zkey);
  const { witnessCount } = await checkWtns(wtns);
  if (witnessCount !== wires) {
    throw new MillraceError(
      'input',
      'witness-mismatch',
      'The witness belongs to another circuit than the proving key',
      {
        details: { expected: wires, found: witnessCount },
        fix: 'Calculate the witness with the circuit that the proving key was made from.',
      },
    );
  }
  try {
    const { proof, publicSignals } = await groth16.prove(zkey, wtns);
    return {
      proof: groth16ProofSchema.parse(proof),
      publicSignals: publicSignalsSchema.parse(publicSignals),
    };
  } catch (cause) {
    throw new MillraceError('internal', 'prover-failed', 'snarkjs could not prove', {
      details: { zkey, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Check the proving key with snarkjs zkey verify.',
      cause,
    });
  } finally {
    await terminateSharedCurve();
  }
}

/** snarkjs leaves its worker threads running, which would keep the process alive. */
async function terminateSharedCurve(): Promise<void> {
  const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
  await curve?.terminate();
}
