import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCircuits } from './circuits.mjs';
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
 * @param {{ redis: boolean, shape?: string | undefined }} needs `shape`: whose circuits the command will want, to be compiled meanwhile
 *   if there is something to set up
 * @returns {Promise<{ bin: string, env: NodeJS.ProcessEnv }>} the folder that holds Node 24, and an
 *   environment in which it is first in PATH
 */
export async function prepare({ redis, shape }) {
  const checkedAt = new Date();
  const { bin } = toolchain(ROOT);
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    HARDHAT_DISABLE_TELEMETRY: 'true', // it would ask a question on the first run
  };
  if (![...foundation(), ...builds()].every(({ isReady }) => isReady)) {
    const waiting = (/** @type {string} */ holder) =>
      process.stderr.write(`- waiting for the set-up that process ${holder} is doing\n`);
    await withFileLock(join(ROOT, '.toolchain', 'setup.lock'), () => install(env, shape), waiting);
  }
  noteReady(ROOT, bin, checkedAt);
  if (redis) await ensureRedis(ROOT);
  return { bin, env };
}

/** In the order in which they build on each other. */
function foundation() {
  return [toolchain(ROOT), dependencies(ROOT)];
}

/** What is built on the foundation, each for itself. */
function builds() {
  return [nativeAddon(ROOT), contracts(ROOT)];
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string | undefined} shape
 */
async function install(env, shape) {
  for (const { isReady, install } of foundation()) {
    if (!isReady) await install(env);
  }
  const building = builds()
    .filter(({ isReady }) => !isReady)
    .map(({ install }) => install(env));
  if (shape !== undefined) building.push(compileCircuits(ROOT, shape, env));
  const failed = (await Promise.allSettled(building)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw /** @type {PromiseRejectedResult} */ (failed).reason;
}
