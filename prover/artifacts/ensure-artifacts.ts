import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArtifactManifest,
  parseArtifactManifest,
  verificationKeyHash,
} from '../../protocol/artifact-manifest.ts';
import { canonicalJson } from '../../protocol/canonical-json.ts';
import { MillraceError } from '../../protocol/error.ts';
import { type Shape, shapeByName } from '../../protocol/shape.ts';
import { withFileLock } from '../../scripts/bootstrap/file-lock.mjs';
import { readR1csHeader } from '../setup/r1cs-header.ts';
import { exportVerificationKey } from '../setup/verification-key.ts';
import { artifactFolder } from './artifact-folder.ts';
import { type OnArtifactProgress, withProgress } from './artifact-progress.ts';
import { batchCircuit } from './batch-circuit.ts';
import { CIRCOM, type Circuit, circuitSourceHash } from './circuit-sources.ts';
import { compileCircuit, linkCompiled } from './compile-circuit.ts';
import { hashFile, hashText } from './file-hash.ts';
import { DEV_SETUP, type KeySetup } from './key-setup.ts';
import { artifactPaths, loadArtifacts, MANIFEST_FILE, type ShapeArtifacts } from './load-artifacts.ts';

export interface EnsureOptions {
  readonly onProgress?: OnArtifactProgress;
  /** Where artifacts are cached; default: {@link artifactFolder}. */
  readonly root?: string;
  /** Default: a dev setup. */
  readonly setup?: KeySetup;
}

/**
 * The artifacts of a shape that ships: from the cache, or else compiled and set up now. They are cached by
 * a hash of all that they were made from. Safe to call in several processes at once: one builds, the others wait.
 * Damaged artifacts are built again, with another key.
 *
 * @throws {MillraceError} `input/unknown-shape`, and as {@link compileCircuit} and the setup
 */
export async function ensureArtifacts(
  shapeName: string,
  options: EnsureOptions = {},
): Promise<ShapeArtifacts> {
  const shape = shapeByName(shapeName);
  return ensureCircuitArtifacts(shape, batchCircuit(shape), options);
}

/** {@link ensureArtifacts} for any circuit that takes the place of the shape's batch circuit. */
export async function ensureCircuitArtifacts(
  shape: Shape,
  circuit: Circuit,
  { onProgress, root = artifactFolder(), setup = DEV_SETUP }: EnsureOptions = {},
): Promise<ShapeArtifacts> {
  const sourceHash = await circuitSourceHash(circuit);
  const { name, n2, n1, m, depth } = shape;
  const key = hashText(
    canonicalJson({ sourceHash, shape: { name, n2, n1, m, depth }, setup: setup.identity }),
  );
  const folder = join(root, `${name}-${key.slice(0, 12)}`);
  const cached = await loadIfWhole(folder);
  if (cached !== undefined) return cached;
  return withFileLock(
    `${folder}.lock`,
    async () => {
      const builtMeanwhile = await loadIfWhole(folder);
      if (builtMeanwhile !== undefined) return builtMeanwhile;
      const compiled = await compileCircuit(circuit, join(root, 'circuits'), onProgress);
      const partial = `${folder}.partial`;
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      await linkCompiled(compiled, partial);
      const paths = artifactPaths(partial);
      const text = `making the proving key of ${name}`;
      const made = await withProgress({ stage: 'key', text }, onProgress, (report) =>
        setup.makeKey({ r1cs: paths.r1cs, zkey: paths.zkey, report }),
      );
      await writeManifest(partial, { name, n2, n1, m, depth }, compiled.sourceHash, made);
      await rm(folder, { recursive: true, force: true });
      await rename(partial, folder);
      return loadArtifacts(folder);
    },
    (holder) =>
      onProgress?.({ stage: 'waiting', text: `process ${holder} is building ${name}`, elapsedMs: 0 }),
  );
}

/** The artifacts in the folder, or undefined if there are none or they are damaged. */
async function loadIfWhole(folder: string): Promise<ShapeArtifacts | undefined> {
  try {
    return await loadArtifacts(folder);
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : '';
    if (['no-artifacts', 'bad-manifest', 'corrupt-artifact'].includes(code)) return undefined;
    throw error;
  }
}

async function writeManifest(
  folder: string,
  shape: ArtifactManifest['shape'],
  sourceHash: string,
  setup: ArtifactManifest['setup'],
): Promise<void> {
  const paths = artifactPaths(folder);
  const verificationKey = await exportVerificationKey(paths.zkey);
  await writeFile(paths.vkey, `${JSON.stringify(verificationKey, null, 1)}\n`);
  const { constraints, domainPower } = await readR1csHeader(paths.r1cs);
  const manifest = parseArtifactManifest({
    version: 1,
    shape,
    circom: CIRCOM,
    sourceHash,
    files: Object.fromEntries(
      await Promise.all(Object.entries(paths).map(async ([file, path]) => [file, await hashFile(path)])),
    ),
    constraints,
    domainPower,
    setup,
    verificationKeyHash: verificationKeyHash(verificationKey),
  });
  await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}
