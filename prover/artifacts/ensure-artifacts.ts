import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArtifactManifest,
  parseArtifactManifest,
  parseExitManifest,
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
import { exitCircuit } from './exit-circuit.ts';
import { hashFile, hashText } from './file-hash.ts';
import { DEV_SETUP, type KeySetup } from './key-setup.ts';
import {
  artifactPaths,
  type CircuitArtifacts,
  EXIT_MANIFEST_FILE,
  type ExitArtifacts,
  loadArtifacts,
  loadExitArtifacts,
  MANIFEST_FILE,
  type ShapeArtifacts,
} from './load-artifacts.ts';

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
  { name, n2, n1, m, depth, blob }: Shape,
  circuit: Circuit,
  options: EnsureOptions = {},
): Promise<ShapeArtifacts> {
  const subject = { shape: { name, n2, n1, m, depth, ...(blob ? { blob } : {}) } };
  const parse = parseArtifactManifest;
  return ensure({ name, circuit, subject, manifestFile: MANIFEST_FILE, parse, load: loadArtifacts }, options);
}

/**
 * {@link ensureArtifacts} for the exit circuit.
 * @param depth bits of an account index
 */
export async function ensureExitArtifacts(
  depth: number,
  options: EnsureOptions = {},
): Promise<ExitArtifacts> {
  const circuit = exitCircuit(depth);
  return ensure(
    {
      name: circuit.name,
      circuit,
      subject: { exit: { depth } },
      manifestFile: EXIT_MANIFEST_FILE,
      parse: parseExitManifest,
      load: loadExitArtifacts,
    },
    options,
  );
}

/** What artifacts are wanted, and how they are kept. */
interface Wanted<Manifest> {
  /** For people and the folder's name. */
  readonly name: string;
  readonly circuit: Circuit;
  /** What the manifest says of the circuit. */
  readonly subject: Readonly<Record<string, unknown>>;
  readonly manifestFile: string;
  readonly parse: (value: unknown) => Manifest;
  readonly load: (folder: string) => Promise<CircuitArtifacts<Manifest>>;
}

async function ensure<Manifest>(
  wanted: Wanted<Manifest>,
  { onProgress, root = artifactFolder(), setup = DEV_SETUP }: EnsureOptions,
): Promise<CircuitArtifacts<Manifest>> {
  const { name, circuit, subject, load } = wanted;
  const sourceHash = await circuitSourceHash(circuit);
  const key = hashText(canonicalJson({ sourceHash, ...subject, setup: setup.identity }));
  const folder = join(root, `${name}-${key.slice(0, 12)}`);
  const cached = await loadIfWhole(folder, load);
  if (cached !== undefined) return cached;
  return withFileLock(
    `${folder}.lock`,
    async () => {
      const builtMeanwhile = await loadIfWhole(folder, load);
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
      await writeManifest(partial, wanted, compiled.sourceHash, made);
      await rm(folder, { recursive: true, force: true });
      await rename(partial, folder);
      return load(folder);
    },
    (holder) =>
      onProgress?.({ stage: 'waiting', text: `process ${holder} is building ${name}`, elapsedMs: 0 }),
  );
}

/** The artifacts in the folder, or undefined if there are none or they are damaged. */
async function loadIfWhole<Artifacts>(
  folder: string,
  load: (folder: string) => Promise<Artifacts>,
): Promise<Artifacts | undefined> {
  try {
    return await load(folder);
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : '';
    if (['no-artifacts', 'bad-manifest', 'corrupt-artifact'].includes(code)) return undefined;
    throw error;
  }
}

async function writeManifest<Manifest>(
  folder: string,
  { subject, manifestFile, parse }: Wanted<Manifest>,
  sourceHash: string,
  setup: ArtifactManifest['setup'],
): Promise<void> {
  const paths = artifactPaths(folder);
  const verificationKey = await exportVerificationKey(paths.zkey);
  await writeFile(paths.vkey, `${JSON.stringify(verificationKey, null, 1)}\n`);
  const { constraints, domainPower } = await readR1csHeader(paths.r1cs);
  const manifest = parse({
    version: 1,
    ...subject,
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
  await writeFile(join(folder, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
}
