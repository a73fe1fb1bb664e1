import { spawnSync } from 'node:child_process';
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmInstall } from './npm-install.mjs';
import { step } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { contentHash, hasStamp, writeStamp } from './stamp.mjs';

/** First version that runs TypeScript without a warning. */
const LEAST = { major: 24, minor: 3 };

/** What is installed when the running Node is older: exact versions with their hashes. */
const MANIFEST = fileURLToPath(new URL('./toolchain', import.meta.url));

/**
 * @param {string} version such as `24.21.0`
 * @returns {boolean} whether Millrace runs on this Node
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor);
}

/**
 * The folder whose `node` and `npm` are to be used.
 *
 * @param {string} root of the repository
 * @returns {{ bin: string, isReady: boolean, install: () => Promise<void> }} `install` makes it ready
 */
export function toolchain(root) {
  if (isNewEnough(process.versions.node)) {
    return { bin: dirname(process.execPath), isReady: true, install: async () => {} };
  }
  const folder = join(root, '.toolchain');
  const bin = join(folder, 'node_modules', '.bin');
  const stampFile = join(folder, 'node_modules', '.millrace-stamp');
  const stamp = contentHash(
    readFileSync(join(MANIFEST, 'package-lock.json')),
    process.platform,
    process.arch,
  );
  return {
    bin,
    isReady: hasStamp(stampFile, stamp) && existsSync(join(bin, 'node')),
    async install() {
      if (!isOnPath('npm')) {
        throw new SetupError(
          `This machine has Node ${process.versions.node} without npm; Millrace needs npm to install the rest`,
          'Install npm (Debian: apt-get install npm), or put Node 24 with its npm on PATH.',
        );
      }
      await step(`Node 24 (this machine's is ${process.versions.node})`, async (report) => {
        mkdirSync(folder, { recursive: true });
        for (const file of ['package.json', 'package-lock.json'])
          copyFileSync(join(MANIFEST, file), join(folder, file));
        await npmInstall(folder, { report });
        const version = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' });
        if (version.status !== 0) {
          throw new SetupError(
            `Node 24 for ${process.platform} ${process.arch} was installed but does not run here`,
            'Put a Node 24 that runs on this system first in PATH (musl-based systems: from their own packages).',
          );
        }
      });
      writeStamp(stampFile, stamp);
    },
  };
}

/**
 * @param {string} program or its absolute path
 * @returns {boolean} whether a folder in PATH holds it
 */
export function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(resolve(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
