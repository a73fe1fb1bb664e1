import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @param {...(string | Buffer)} parts
 * @returns {string} SHA-256 in hex over the parts, each preceded by its length
 */
export function contentHash(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}

/**
 * @param {string} file
 * @returns {Buffer | undefined} undefined if there is no such file
 */
export function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Whether a finished step left this stamp.
 *
 * @param {string} file
 * @param {string} stamp
 */
export function hasStamp(file, stamp) {
  return readIfThere(file)?.toString() === stamp;
}

/**
 * Notes that a step is finished.
 *
 * @param {string} file
 * @param {string} stamp hash of what the step's result was made of
 */
export function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stamp);
}
