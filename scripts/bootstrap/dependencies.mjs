import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmInstall } from './npm-install.mjs';
import { step } from './progress.mjs';
import { contentHash, hasStamp, readIfThere, writeStamp } from './stamp.mjs';

/**
 * The packages of package-lock.json.
 *
 * @param {string} root of the repository
 * @returns {{ isReady: boolean, install: (env: NodeJS.ProcessEnv) => Promise<void> }}
 *   `install` makes it ready; `env` has Node 24 first in PATH
 */
export function dependencies(root) {
  const lockFile = readFileSync(join(root, 'package-lock.json'));
  const stampFile = join(root, 'node_modules', '.millrace-stamp');
  const stamp = contentHash(lockFile, process.platform, process.arch);
  return {
    isReady: hasStamp(stampFile, stamp),
    async install(env) {
      if (!isInstalled(lockFile, join(root, 'node_modules'))) {
        await step('npm packages', (report) => npmInstall(root, { env, report }));
      }
      writeStamp(stampFile, stamp);
    },
  };
}

/**
 * Whether somebody's own `npm install` has brought exactly what the lock file asks for on this machine.
 * npm under an older Node leaves out packages that need a newer one: then it has not.
 *
 * @param {Buffer} lockFile
 * @param {string} nodeModules
 */
export function isInstalled(lockFile, nodeModules) {
  const hidden = readIfThere(join(nodeModules, '.package-lock.json'));
  if (hidden === undefined) return false;
  const installed = new Map(packagesOf(hidden));
  for (const [path, wanted] of packagesOf(lockFile)) {
    if (path === '') continue;
    const found = installed.get(path);
    if (found === undefined ? isNeeded(wanted) : found.integrity !== wanted.integrity) return false;
    installed.delete(path);
  }
  return installed.size === 0;
}

/**
 * @typedef {{ integrity?: string, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} LockedPackage
 * @param {Buffer} lockFile
 * @returns {[path: string, LockedPackage][]}
 */
function packagesOf(lockFile) {
  return Object.entries(JSON.parse(lockFile.toString()).packages);
}

/**
 * Optional packages are builds for one platform, or parts of such a build that name no platform themselves.
 *
 * @param {LockedPackage} locked
 */
function isNeeded({ optional, os, cpu, libc }) {
  if (!optional) return true;
  if (os === undefined && cpu === undefined) return false;
  return (
    allows(os, process.platform) && allows(cpu, process.arch) && allows(libc, usesGlibc() ? 'glibc' : 'musl')
  );
}

/**
 * @param {string | string[] | undefined} field npm's `os`, `cpu` or `libc`: names, or `!name` to exclude
 * @param {string} own this machine's name
 */
function allows(field, own) {
  if (field === undefined) return true;
  const names = [field].flat();
  if (names.includes(`!${own}`)) return false;
  const positive = names.filter((name) => !name.startsWith('!'));
  return positive.length === 0 || positive.includes(own);
}

function usesGlibc() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report?.getReport() ?? {}
  );
  return report.header?.glibcVersionRuntime !== undefined;
}
