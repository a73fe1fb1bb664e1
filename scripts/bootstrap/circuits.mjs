import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { step } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Compiles the circuits that a command is going to want, while other parts of the set-up keep the other cores busy: circom takes
 * minutes on one core. Whatever goes wrong here, the command meets again and reports.
 *
 * @param {string} root of the repository
 * @param {string} shape
 * @param {NodeJS.ProcessEnv} env has Node 24 first in PATH
 */
export async function compileCircuits(root, shape, env) {
  try {
    await step(`circuits of shape ${shape}`, (report) =>
      runQuietly('node', [join(root, 'scripts', 'compile-circuits.ts'), shape], {
        cwd: root,
        env,
        report,
        fix: 'Run the command again.',
      }),
    );
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
  }
}
