import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { MillraceError } from '../../protocol/error.ts';
import type { TemplateCode } from './template-code.ts';

/** Name of a circuit's witness program, beside its `circuit.wasm`. */
export const PROGRAM_FILE = 'circuit.program';

/**
 * A file that says how to calculate a circuit's witness: `mrwp`, version (32 bits), the key of what it was made from,
 * SHA-256 of all that follows; length of the input list (32 bits) and the list as JSON; then what the native
 * calculator runs (prover/native/witness/program.hpp):
 * - 32 bits each: number of signals, the constant 1 included; first input signal; number of input signals; number of the
 *   main template; number of constants, of witness values, of templates, of words of code;
 * - constants, 32 bytes each; the signal of each witness value; for each template its first word of code and its number
 *   of temporaries; the code. Integers are 32 bits; everything is little-endian.
 */
const MAGIC = 'mrwp';
const VERSION = 1;
const HASH_BYTES = 32;
const KEY_OFFSET = 8;
const HEADER_BYTES = KEY_OFFSET + 2 * HASH_BYTES;
const VALUE_BYTES = 32;

const inputsSchema = z.array(z.strictObject({ name: z.string(), size: z.int().positive() }));
/** Input signals in order, with the number of their values. */
export type ProgramInputs = z.infer<typeof inputsSchema>;

export interface WitnessProgram {
  readonly signals: number;
  readonly firstInput: number;
  readonly inputs: ProgramInputs;
  readonly main: number;
  readonly constants: readonly bigint[];
  /** Signal of each witness value. */
  readonly witness: readonly number[];
  readonly templates: readonly TemplateCode[];
}

/** @param key of what the program was made from, 64 hex digits */
export function encodeProgram(program: WitnessProgram, key: string): Buffer {
  const { signals, firstInput, inputs, main, constants, witness, templates } = program;
  const inputCount = inputs.reduce((sum, { size }) => sum + size, 0);
  const codeWords = templates.reduce((sum, { words }) => sum + words.length, 0);
  const table: number[] = [];
  let position = 0;
  for (const { words, temporaries } of templates) {
    table.push(position, temporaries);
    position += words.length;
  }
  const names = Buffer.from(JSON.stringify(inputs));
  const counts = [
    signals,
    firstInput,
    inputCount,
    main,
    constants.length,
    witness.length,
    templates.length,
    codeWords,
  ];
  const body = Buffer.concat([
    wordsOf([names.length]),
    names,
    wordsOf(counts),
    ...constants.map(valueBytes),
    wordsOf(witness),
    wordsOf(table),
    ...templates.map(({ words }) => wordsOf(words)),
  ]);
  return Buffer.concat([Buffer.from(MAGIC), wordsOf([VERSION]), Buffer.from(key, 'hex'), sha256(body), body]);
}

/**
 * Reads a program file and checks that it is whole; the native part is checked where it is opened.
 *
 * @throws {MillraceError} `input` / `bad-witness-program`
 */
export function decodeProgram(file: Buffer): { inputs: ProgramInputs; native: Uint8Array } {
  if (file.length < HEADER_BYTES + 4 || file.toString('latin1', 0, 4) !== MAGIC) throw badProgram('is none');
  if (file.readUInt32LE(4) !== VERSION) throw badProgram('has an unknown version');
  const body = file.subarray(HEADER_BYTES);
  if (!sha256(body).equals(file.subarray(KEY_OFFSET + HASH_BYTES, HEADER_BYTES)))
    throw badProgram('is damaged');
  const nameBytes = body.readUInt32LE(0);
  if (nameBytes > body.length - 4) throw badProgram('is too short');
  const inputs = inputsSchema.safeParse(parseJson(body.toString('utf8', 4, 4 + nameBytes)));
  if (!inputs.success) throw badProgram('has a wrong list of inputs');
  return { inputs: inputs.data, native: body.subarray(4 + nameBytes) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badProgram('has a list of inputs that is not JSON');
  }
}

/** The key of what a program file was made from; undefined where there is no such file. */
export async function programKey(path: string): Promise<string | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES || buffer.readUInt32LE(4) !== VERSION) return undefined;
    return buffer.toString('hex', KEY_OFFSET, KEY_OFFSET + HASH_BYTES);
  } finally {
    await handle.close();
  }
}

function wordsOf(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * i);
  return bytes;
}

function valueBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * VALUE_BYTES, '0'), 'hex').reverse();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** The error for a program that cannot be run. */
export function badProgram(problem: string): MillraceError {
  return new MillraceError('input', 'bad-witness-program', `The witness program ${problem}`, {
    fix: 'Remove the file and run millrace setup.',
  });
}
