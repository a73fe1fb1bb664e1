import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { MillraceError } from '../../protocol/error.ts';
import { loadArtifacts, type ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';

/**
 * The artifacts that the verifiers of a deployment were built from, each file checked, by name of the shape.
 * @param root the folder that holds one folder for each shape's artifacts
 * @param shapes names of the shapes
 * @throws {MillraceError} `refused/artifacts-not-deployed` if the folder has no or other artifacts of a shape;
 *   what {@link loadArtifacts} throws
 */
export async function deployedArtifacts(
  root: string,
  deployment: DeployManifest,
  shapes: readonly string[],
): Promise<Map<string, ShapeArtifacts>> {
  const wanted = new Map(deployment.shapes.map(({ name, manifestId }) => [name, manifestId]));
  const found = new Map<string, ShapeArtifacts>();
  const seen: string[] = [];
  for (const folder of await candidates(root, shapes)) {
    const artifacts = await loadArtifacts(join(root, folder)).catch((error: unknown) => {
      // A folder that is being built, or something else that lies here.
      if (error instanceof MillraceError && error.code === 'no-artifacts') return undefined;
      throw error;
    });
    if (artifacts === undefined) continue;
    seen.push(`${folder}: ${artifacts.manifestId}`);
    const { name } = artifacts.manifest.shape;
    if (artifacts.manifestId === wanted.get(name)) found.set(name, artifacts);
  }
  for (const shape of shapes) {
    if (found.has(shape)) continue;
    throw new MillraceError(
      'refused',
      'artifacts-not-deployed',
      `The deployed artifacts of shape '${shape}' are not here`,
      {
        details: { folder: root, expectedManifest: wanted.get(shape), found: seen },
        fix: 'Copy the folder of artifacts with which the rollup was deployed: keys that are made again are other keys.',
      },
    );
  }
  return found;
}

async function candidates(root: string, shapes: readonly string[]): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  // SHAPE-HASH; the name of another shape may begin with that of this one.
  return folders.filter((name) => shapes.includes(/^(.+)-[0-9a-f]+$/.exec(name)?.[1] ?? ''));
}
