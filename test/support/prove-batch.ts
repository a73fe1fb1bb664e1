import type { SealedBatch } from '../../protocol/transition.ts';
import type { ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';
import { selectBackend } from '../../prover/backend.ts';
import type { Groth16Proof } from '../../prover/proof.ts';
import { WitnessCalculator } from '../../prover/witness.ts';
import { parseCircuitInput } from '../../prover/witness-input.ts';

/** A real proof of a batch, made in this process with the fastest prover there is. */
export async function proveBatch(
  { wasm, zkey }: ShapeArtifacts,
  { witness }: SealedBatch,
): Promise<Groth16Proof> {
  const calculator = await WitnessCalculator.open(wasm);
  const wtns = await calculator.calculate(parseCircuitInput(JSON.stringify(witness)));
  const backend = await selectBackend('auto');
  try {
    return (await backend.prove(zkey, wtns)).proof;
  } finally {
    await backend.close();
  }
}
