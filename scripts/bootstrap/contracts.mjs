import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { step } from './progress.mjs';
import { contentHash, hasStamp, writeStamp } from './stamp.mjs';

/**
 * The compiled contracts, which every command that talks to L1 reads.
 *
 * @param {string} root of the repository
 * @returns {{ isReady: boolean, install: (env: NodeJS.ProcessEnv) => Promise<void> }}
 *   `install` compiles them, all together: by way of its IR the compiler makes other code of a file with other files beside it,
 *   and `millrace doctor` would take a rollup for another one after a build of what had changed. `env` has Node 24 first in PATH
 */
export function contracts(root) {
  const stampFile = join(root, 'build', 'hardhat', 'artifacts', '.millrace-stamp');
  const sources = readdirSync(join(root, 'contracts'), { recursive: true })
    .map((path) => join('contracts', String(path)))
    .filter((path) => path.endsWith('.sol'))
    .sort();
  const stamp = contentHash(
    ...['hardhat.config.ts', 'package-lock.json', ...sources].flatMap((path) => [
      path,
      readFileSync(join(root, path)),
    ]),
  );
  return {
    isReady: hasStamp(stampFile, stamp),
    async install(env) {
      await step('contracts', (report) =>
        runQuietly(join(root, 'node_modules', '.bin', 'hardhat'), ['build', '--no-tests', '--force'], {
          cwd: root,
          env,
          report,
          fix: 'Correct the contract at the place that the compiler names.',
        }),
      );
      writeStamp(stampFile, stamp);
    },
  };
}
