import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { MillraceError } from './error.ts';

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits');

const fileSchema = z.strictObject({ sha256: hashSchema, bytes: z.int().positive() });

const shapeSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  n2: z.int().positive(),
  n1: z.int().positive(),
  m: z.int().positive(),
  /** Bits of an account index. */
  depth: z.int().min(1).max(32),
  /** There if the batches' data go to a blob. */
  blob: z.literal(true).optional(),
});

/**
 * How the proving key was made. A `dev` key comes from secrets that one machine knew: whoever kept them
 * can forge proofs. A `ptau` key comes from a public ceremony's file and one contribution, a `ceremony` key from a
 * phase 2 of several.
 */
const setupSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('dev'),
    backend: z.enum(['native', 'wasm']),
    createdAt: z.iso.datetime(),
  }),
  z.strictObject({
    kind: z.literal('ptau'),
    backend: z.literal('snarkjs'),
    createdAt: z.iso.datetime(),
    ptauSha256: hashSchema,
  }),
  // No time: who installs the same ceremony gets the same manifest.
  z.strictObject({
    kind: z.literal('ceremony'),
    backend: z.literal('snarkjs'),
    ptauSha256: hashSchema,
    /** Contributions to phase 2 that are not a beacon. */
    contributions: z.int().positive(),
    /** Hash of the ceremony's transcript. */
    transcriptSha256: hashSchema,
  }),
]);

const circuitFields = {
  version: z.literal(1),
  circom: z.strictObject({ version: z.string().min(1), flags: z.array(z.string()) }),
  /** Hash of everything that the circuit was compiled from. */
  sourceHash: hashSchema,
  files: z.strictObject({
    r1cs: fileSchema,
    wasm: fileSchema,
    sym: fileSchema,
    zkey: fileSchema,
    vkey: fileSchema,
  }),
  /** R1CS constraints. */
  constraints: z.int().positive(),
  /** Base-2 logarithm of the size of the FFT domain. */
  domainPower: z.int().min(1).max(28),
  setup: setupSchema,
  /** {@link verificationKeyHash} of the verification key. */
  verificationKeyHash: hashSchema,
};

export const artifactManifestSchema = z.strictObject({ ...circuitFields, shape: shapeSchema });

const exitManifestSchema = z.strictObject({
  ...circuitFields,
  /** The exit circuit; depth: bits of an account index. */
  exit: z.strictObject({ depth: z.int().min(1).max(32) }),
});

/** What the files of one shape are, and where they come from. */
export type ArtifactManifest = z.infer<typeof artifactManifestSchema>;
/** What the files of the exit circuit for one depth are, and where they come from. */
export type ExitManifest = z.infer<typeof exitManifestSchema>;
export type ArtifactFile = keyof ArtifactManifest['files'];

/** Name of each file in the shape's folder. */
export const ARTIFACT_FILES: Readonly<Record<ArtifactFile, string>> = {
  r1cs: 'circuit.r1cs',
  wasm: 'circuit.wasm',
  sym: 'circuit.sym',
  zkey: 'circuit.zkey',
  vkey: 'vkey.json',
};

/**
 * Reads a manifest from outside.
 *
 * @param value the file's parsed JSON
 * @throws {MillraceError} `input/bad-manifest` that names the first wrong field
 */
export function parseArtifactManifest(value: unknown): ArtifactManifest {
  return parse(artifactManifestSchema, value);
}

/** {@link parseArtifactManifest} for the exit circuit. */
export function parseExitManifest(value: unknown): ExitManifest {
  return parse(exitManifestSchema, value);
}

function parse<Manifest>(schema: z.ZodType<Manifest>, value: unknown): Manifest {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new MillraceError('input', 'bad-manifest', 'This is not an artifact manifest', {
    details: { field: issue?.path.join('.') ?? '', problem: issue?.message ?? '' },
    fix: 'Remove the folder and build the artifacts again with millrace setup.',
  });
}

/**
 * The identity of a circuit's artifacts on which jobs, workers and the on-chain verifier agree: SHA-256 of
 * the manifest's canonical JSON, 64 hex digits.
 */
export function manifestId(manifest: ArtifactManifest | ExitManifest): string {
  return hashOf(canonicalJson(manifest));
}

/**
 * SHA-256, 64 hex digits, of what a verifier uses of a verification key. It does not depend on the
 * formatting of the file, nor on snarkjs's extra fields.
 *
 * @param key in snarkjs's format, checked
 */
export function verificationKeyHash(key: {
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
}): string {
  const { vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC } = key;
  return hashOf(canonicalJson({ vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC }));
}

function hashOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
