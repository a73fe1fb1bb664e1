import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Builds the native prover addon, or finds it built. It is optional: without a C++ compiler everything
 * works with slower backends, which the build says in one line.
 *
 * @param {string} root of the repository
 */
export async function ensureNative(root) {
  const script = join(root, 'prover', 'native', 'build.mjs');
  if (!existsSync(script)) return;
  const { buildNative } = await import(pathToFileURL(script).href);
  await buildNative({ root, log: (/** @type {string} */ line) => process.stderr.write(`- ${line}\n`) });
}
