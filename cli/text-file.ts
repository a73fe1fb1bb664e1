import { readFile, writeFile } from 'node:fs/promises';
import { MillraceError } from '../protocol/error.ts';

/**
 * Reads a text file that the caller named.
 *
 * @param what the file's role, for the message
 * @throws {MillraceError} `input` / `unreadable-file`
 */
export async function readTextFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new MillraceError('input', 'unreadable-file', `The ${what} cannot be read`, {
      details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Check the path.',
      cause,
    });
  }
}

/**
 * Reads a JSON file that the caller named; its form is for the caller to check.
 *
 * @throws {MillraceError} `input` / `unreadable-file` or `not-json`
 */
export async function readJsonFile(path: string, what: string): Promise<unknown> {
  const text = await readTextFile(path, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MillraceError('input', 'not-json', `The ${what} is not JSON`, {
      details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Write the file again.',
      cause,
    });
  }
}

/** Writes JSON with the indentation of snarkjs. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(value, null, 1)}\n`);
  } catch (cause) {
    throw new MillraceError('input', 'unwritable-file', 'The output file cannot be written', {
      details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Check the path and its permissions.',
      cause,
    });
  }
}
