import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { step } from './progress.mjs';
import { contentHash, hasStamp, writeStamp } from './stamp.mjs';
import { isOnPath } from './toolchain.mjs';

/**
 * The C++ prover addon. It is optional: without a C++ compiler everything works with slower backends,
 * which its build says in one line.
 *
 * @param {string} root of the repository
 * @returns {{ isReady: boolean, install: (env: NodeJS.ProcessEnv) => Promise<void> }}
 *   `install` builds it where it can; `env` has Node 24 first in PATH
 */
export function nativeAddon(root) {
  const sources = join(root, 'prover', 'native');
  const builds = join(root, 'build', 'native');
  const stampFile = join(builds, '.millrace-stamp');
  const contents = readdirSync(sources, { recursive: true })
    .map(String)
    .filter((path) => /\.(cc|hpp|mjs)$/.test(path))
    .sort()
    .map((path) => readFileSync(join(sources, path)));
  const stamp = contentHash(process.platform, process.arch, process.env.CXX ?? '', ...contents);
  // Noted too, so that it is said once; a compiler that appears later is used.
  const withoutCompiler = contentHash('no compiler');
  const hasCompiler = [process.env.CXX, 'g++', 'clang++'].some((name) => name && isOnPath(name));
  return {
    isReady: hasStamp(stampFile, stamp) || (!hasCompiler && hasStamp(stampFile, withoutCompiler)),
    async install(env) {
      /** @type {string[]} */
      const lines = [];
      await step('native prover', () =>
        runQuietly('node', [join(sources, 'build.mjs')], {
          cwd: root,
          env,
          report: (line) => lines.push(line),
          fix: 'Remove build/native and run again.',
        }),
      );
      const isBuilt = existsSync(join(builds, 'current'));
      if (!isBuilt) for (const line of lines) process.stderr.write(`- ${line}\n`);
      if (isBuilt || !hasCompiler) writeStamp(stampFile, isBuilt ? stamp : withoutCompiler);
    },
  };
}
