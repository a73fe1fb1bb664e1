import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyingKeyHash } from '../aggregator/verifying-key.ts';
import { MillraceError } from '../protocol/error.ts';
import { type ExitArtifacts, loadExitArtifacts } from '../prover/artifacts/load-artifacts.ts';
import type { RollupView } from './rollup-view.ts';

/**
 * The exit circuit with the key that the rollup's verifier has.
 * @param root holds the folders of artifacts
 * @throws {MillraceError} `refused/exit-key-not-here`; `refused/corrupt-artifact`
 */
export async function deployedExitKey(root: string, view: RollupView): Promise<ExitArtifacts> {
  const wanted = await view.exitKeyHash();
  const folders = await readdir(root).catch(() => []);
  const found: string[] = [];
  for (const name of folders.filter((folder) => /^exit-\d+-[0-9a-f]+$/.test(folder))) {
    const artifacts = await loadExitArtifacts(join(root, name)).catch((error: unknown) => {
      if (error instanceof MillraceError && error.code === 'no-artifacts') return undefined;
      throw error;
    });
    if (artifacts === undefined) continue;
    const hash = verifyingKeyHash(artifacts.vkey);
    if (hash === wanted) return artifacts;
    found.push(`${name}: ${hash}`);
  }
  throw new MillraceError(
    'refused',
    'exit-key-not-here',
    'The exit circuit with the deployed key is not here',
    {
      details: { folder: root, verifier: wanted, found },
      fix: 'Get the folder exit-DEPTH-HASH with which the rollup was deployed, and name the folder that holds it with --artifacts: keys that are made again are other keys.',
    },
  );
}
