import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../batcher/store.ts';
import type { ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';

/**
 * Writes one finalized batch as files for other tools: `input.json` for `millrace prove`, and `proof.json`, `public.json`,
 * `verification_key.json` for `millrace verify` and `snarkjs groth16 verify`.
 */
export async function exportBatch(
  store: Store,
  number: number,
  { vkey }: ShapeArtifacts,
  folder: string,
): Promise<void> {
  const record = store.batches.get(number);
  const files = {
    'input.json': store.batches.witness(number),
    'proof.json': store.proofs.get(number)?.proof,
    'public.json': record?.publicSignals?.map(String),
    'verification_key.json': vkey,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
  }
}
