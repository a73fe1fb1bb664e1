import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  ARTIFACT_FILES,
  type ArtifactFile,
  type ArtifactManifest,
  type ExitManifest,
  manifestId,
  parseArtifactManifest,
  parseExitManifest,
  verificationKeyHash,
} from '../../protocol/artifact-manifest.ts';
import { MillraceError } from '../../protocol/error.ts';
import type { VerificationKey } from '../proof.ts';
import { readVerificationKey } from '../verification-key.ts';
import { type FileHash, hashFile } from './file-hash.ts';

export const MANIFEST_FILE = 'manifest.json';
/** Of another name, so that who looks for the shapes' artifacts passes it by. */
export const EXIT_MANIFEST_FILE = 'exit-manifest.json';

/** The checked artifacts of one circuit. The names of files are absolute paths. */
export interface CircuitArtifacts<Manifest> {
  readonly folder: string;
  readonly r1cs: string;
  /** circom's witness calculator. */
  readonly wasm: string;
  readonly sym: string;
  /** The proving key. */
  readonly zkey: string;
  /** The verification key, read. */
  readonly vkey: VerificationKey;
  readonly manifest: Manifest;
  /** See the function of this name in protocol/artifact-manifest.ts. */
  readonly manifestId: string;
}

export type ShapeArtifacts = CircuitArtifacts<ArtifactManifest>;
export type ExitArtifacts = CircuitArtifacts<ExitManifest>;

/**
 * Reads the artifacts of a shape in a folder, and checks that every file is what the manifest says.
 *
 * @throws {MillraceError} `input/no-artifacts` where there is no manifest; `input/bad-manifest`;
 *   `refused/corrupt-artifact` for a file that is missing or another one than the manifest says;
 *   for a key that L1 would not take, as {@link readVerificationKey}
 */
export async function loadArtifacts(folder: string): Promise<ShapeArtifacts> {
  return load(folder, parseArtifactManifest(await readManifest(join(folder, MANIFEST_FILE))));
}

/** {@link loadArtifacts} for the exit circuit. */
export async function loadExitArtifacts(folder: string): Promise<ExitArtifacts> {
  return load(folder, parseExitManifest(await readManifest(join(folder, EXIT_MANIFEST_FILE))));
}

async function load<Manifest extends ArtifactManifest | ExitManifest>(
  folder: string,
  manifest: Manifest,
): Promise<CircuitArtifacts<Manifest>> {
  const paths = artifactPaths(folder);
  for (const file of Object.keys(ARTIFACT_FILES) as ArtifactFile[]) {
    await checkFile(paths[file], manifest.files[file]);
  }
  const { key: vkey } = await readVerificationKey(JSON.parse(await readFile(paths.vkey, 'utf8')));
  const keyHash = verificationKeyHash(vkey);
  if (keyHash !== manifest.verificationKeyHash) {
    throw corrupt(paths.vkey, { expected: manifest.verificationKeyHash, found: keyHash });
  }
  return { folder, ...paths, vkey, manifest, manifestId: manifestId(manifest) };
}

/** Where each file of a circuit is in its folder. */
export function artifactPaths(folder: string): Record<ArtifactFile, string> {
  return Object.fromEntries(
    Object.entries(ARTIFACT_FILES).map(([file, name]) => [file, join(folder, name)]),
  ) as Record<ArtifactFile, string>;
}

async function readManifest(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new MillraceError('input', 'no-artifacts', `There are no artifacts in ${dirname(path)}`, {
      details: { missing: path },
      fix: 'Build them with millrace setup, or copy the whole folder from where they were built.',
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, { problem: 'not JSON' }, cause);
  }
}

/** Files found whole, by path: a key of several hundred megabytes need not be hashed at every use. */
const checked = new Map<string, FileHash & { readonly mtimeNs: bigint }>();

async function checkFile(path: string, expected: FileHash): Promise<void> {
  const stats = await stat(path, { bigint: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw corrupt(path, { problem: 'missing' }, cause);
    throw cause;
  });
  if (Number(stats.size) !== expected.bytes) {
    throw corrupt(path, { expected: `${expected.bytes} bytes`, found: `${stats.size} bytes` });
  }
  const known = checked.get(path);
  if (known?.mtimeNs === stats.mtimeNs && known.bytes === expected.bytes && known.sha256 === expected.sha256)
    return;
  const found = await hashFile(path);
  if (found.sha256 !== expected.sha256) {
    throw corrupt(path, { expected: expected.sha256, found: found.sha256 });
  }
  checked.set(path, { ...found, mtimeNs: stats.mtimeNs });
}

function corrupt(file: string, details: Record<string, unknown>, cause?: unknown): MillraceError {
  return new MillraceError('refused', 'corrupt-artifact', 'A file is not the one that the manifest names', {
    details: { file, ...details },
    fix: 'Copy the folder again, or remove it and build the artifacts with millrace setup.',
    cause,
  });
}
