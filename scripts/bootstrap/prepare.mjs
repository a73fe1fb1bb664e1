import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contracts } from './contracts.mjs';
import { dependencies } from './dependencies.mjs';
import { withFileLock } from './file-lock.mjs';
import { nativeAddon } from './native.mjs';
import { noteReady } from './ready.mjs';
import { ensureRedis } from './redis.mjs';
import { toolchain } from './toolchain.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Makes this clone ready to run: Node 24, the npm packages, the native addon, the contracts, and
 * Redis where it is asked for. What is ready already costs a few milliseconds. Two at once take turns.
 *
 * @param {{ redis: boolean }} needs
 * @returns {Promise<{ bin: string, env: NodeJS.ProcessEnv }>} the folder that holds Node 24, and an
 *   environment in which it is first in PATH
 */
export async function prepare({ redis }) {
  const checkedAt = new Date();
  const { bin } = toolchain(ROOT);
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    HARDHAT_DISABLE_TELEMETRY: 'true', // it would ask a question on the first run
  };
  if (steps().some(({ isReady }) => !isReady)) {
    const waiting = (/** @type {string} */ holder) =>
      process.stderr.write(`- waiting for the set-up that process ${holder} is doing\n`);
    await withFileLock(join(ROOT, '.toolchain', 'setup.lock'), () => install(env), waiting);
  }
  noteReady(ROOT, bin, checkedAt);
  if (redis) await ensureRedis(ROOT);
  return { bin, env };
}

/** In the order in which they build on each other. */
function steps() {
  return [toolchain(ROOT), dependencies(ROOT), nativeAddon(ROOT), contracts(ROOT)];
}

/** @param {NodeJS.ProcessEnv} env */
async function install(env) {
  for (const { isReady, install } of steps()) {
    if (!isReady) await install(env);
  }
}
