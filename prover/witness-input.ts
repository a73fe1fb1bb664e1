import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { MillraceError } from '../protocol/error.ts';
import { decimalSchema } from './proof.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Largest circuit input that is unpacked, in bytes: a bound on what a hostile queue can make a worker allocate. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;

export type SignalValue = string | readonly SignalValue[];

const signalValueSchema: z.ZodType<SignalValue> = z.lazy(() =>
  z.union([decimalSchema, z.array(signalValueSchema)]),
);

/** A circuit's input: for each input signal a decimal string, or nested arrays of them in the signal's dimensions. */
export const circuitInputSchema = z.record(z.string().regex(/^[A-Za-z_$][\w$]{0,127}$/), signalValueSchema);
export type CircuitInput = z.infer<typeof circuitInputSchema>;

/** A circuit input as it is kept beside the queue. */
export interface PackedInput {
  /** SHA-256 of the canonical JSON, hex. */
  readonly hash: string;
  /** The canonical JSON, gzipped. */
  readonly bytes: Uint8Array;
}

/** Packs a circuit input. Signals are sorted by name, so equal inputs have equal hashes. */
export async function packInput(input: CircuitInput): Promise<PackedInput> {
  const sorted = Object.fromEntries(
    Object.keys(input)
      .sort()
      .map((signal) => [signal, input[signal]]),
  );
  const json = Buffer.from(JSON.stringify(sorted));
  return { hash: sha256(json), bytes: await zip(json) };
}

/**
 * Unpacks a circuit input that came over the queue and checks that it is the one the job speaks of.
 *
 * @throws {MillraceError} `input` / `input-corrupt` when it does not unpack, has another hash or is not a circuit input.
 */
export async function unpackInput(bytes: Uint8Array, expectedHash: string): Promise<CircuitInput> {
  let json: Buffer;
  try {
    json = await unzip(bytes, { maxOutputLength: MAX_INPUT_BYTES });
  } catch (cause) {
    throw corrupt('The witness input does not unpack', { expectedHash }, cause);
  }
  const hash = sha256(json);
  if (hash !== expectedHash)
    throw corrupt('The witness input has another hash than the job says', { expectedHash, hash });
  return parseCircuitInput(json.toString('utf8'));
}

/**
 * Reads a circuit input from JSON text.
 *
 * @throws {MillraceError} `input` / `input-corrupt`, naming the signal that is wrong.
 */
export function parseCircuitInput(json: string): CircuitInput {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw corrupt('The witness input is not JSON', {}, cause);
  }
  const parsed = circuitInputSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw corrupt('The witness input is not a circuit input', {
    signal: issue?.path.join('.'),
    problem: issue?.message,
  });
}

/** The public signals `[C, z, y]` that a proof of this batch has to be of; '' for one that the input does not have. */
export function publicSignalsOf(input: CircuitInput): string[] {
  return ['C', 'z', 'y'].map((signal) => {
    const value = Object.hasOwn(input, signal) ? input[signal] : undefined;
    return typeof value === 'string' ? value : '';
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function corrupt(message: string, details: Record<string, unknown>, cause?: unknown): MillraceError {
  return new MillraceError('input', 'input-corrupt', message, {
    details,
    fix: 'Each input signal is a decimal string or nested arrays of decimal strings, as JSON.',
    cause,
  });
}
