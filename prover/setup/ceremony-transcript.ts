import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MillraceError } from '../../protocol/error.ts';

const TRANSCRIPT_FILE = 'ceremony.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits');

/** A file of the ceremony: the key after this step. */
const stepSchema = z.strictObject({
  file: z.string().regex(/^\d{4}\.zkey$/, 'expected four digits and .zkey'),
  sha256,
  kind: z.enum(['initial', 'contribution', 'beacon']),
  /** Who contributed, in their own words. */
  name: z.string().max(64),
  /** Of the contribution, as its contributor saw it; empty for the initial key. */
  contributionHash: z.string().regex(/^([0-9a-f]{128})?$/, 'expected 128 hex digits'),
});

const transcriptSchema = z.strictObject({
  format: z.literal('millrace-ceremony-1'),
  /** Name of a shape, or `exit-` and the depth. */
  circuit: z.string().min(1).max(64),
  /** Of the circuit's source, and of what circom makes of it. */
  sourceHash: sha256,
  r1csSha256: sha256,
  ptauSha256: sha256,
  steps: z.array(stepSchema).min(1).max(9999),
});

/** The course of a ceremony: public, as all of its files. */
export type Transcript = z.infer<typeof transcriptSchema>;
export type CeremonyStep = Transcript['steps'][number];

/**
 * Reads the transcript in a ceremony's folder.
 * @throws {MillraceError} `input/no-ceremony`, `input/bad-ceremony`
 */
export async function readTranscript(folder: string): Promise<Transcript> {
  const file = join(folder, TRANSCRIPT_FILE);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new MillraceError('input', 'no-ceremony', 'There is no transcript of a ceremony here', {
      details: { file, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Begin one with `millrace ceremony new`, or name the folder that was handed on.',
      cause,
    });
  }
  const parsed = transcriptSchema.safeParse(value);
  const issue = parsed.error?.issues[0];
  if (parsed.data === undefined) throw badCeremony(file, issue?.path.join('.') ?? '', issue?.message ?? '');
  parsed.data.steps.forEach((step, place) => {
    const kind = place === 0 ? 'initial' : step.kind === 'initial' ? 'contribution' : step.kind;
    if (step.kind !== kind || step.file !== fileOf(place)) {
      throw badCeremony(file, `steps.${place}`, `expected ${kind} in ${fileOf(place)}`);
    }
  });
  return parsed.data;
}

/** Puts the transcript in place of the old one, in one move. */
export async function writeTranscript(folder: string, transcript: Transcript): Promise<void> {
  const file = join(folder, TRANSCRIPT_FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(transcript, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Name of the key after so many contributions. */
export function fileOf(place: number): string {
  return `${String(place).padStart(4, '0')}.zkey`;
}

function badCeremony(file: string, field: string, problem: string): MillraceError {
  return new MillraceError('input', 'bad-ceremony', 'This is not the transcript of a ceremony', {
    details: { file, field, problem },
    fix: 'Get the folder again from who had it before.',
  });
}
