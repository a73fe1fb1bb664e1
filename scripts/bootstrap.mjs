// Set-up of a fresh clone, and the checks that need it. Plain ECMAScript without packages: it runs on
// any Node from 18 on, before anything is installed.
//
//   bootstrap.mjs prepare COMMAND...   what `millrace COMMAND` needs; prints the folder that holds Node 24
//   bootstrap.mjs test | test:slow | lint   the npm scripts; `test` hands further arguments to vitest
import { lint, slowTest, test } from './bootstrap/checks.mjs';
import { prepare } from './bootstrap/prepare.mjs';
import { SetupError } from './bootstrap/setup-error.mjs';

/** Commands of `millrace` that start a job queue of their own. */
const NEEDS_REDIS = new Set(['demo', 'node', 'bench']);

/**
 * @param {string} action
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
async function main(action, args) {
  switch (action) {
    case 'prepare': {
      const [command = '', ...options] = args;
      const { bin } = await prepare({
        redis: NEEDS_REDIS.has(command),
        shape: command === 'demo' ? shapeOf(options) : undefined,
      });
      process.stdout.write(`${bin}\n`);
      return 0;
    }
    case 'test':
      return test(args);
    case 'test:slow':
      return slowTest(args);
    case 'lint':
      return lint();
    default:
      throw new SetupError(`Unknown action '${action}'`, 'Use prepare, test, test:slow or lint.');
  }
}

/**
 * The shape that the demo will take; what it does not know, it refuses itself.
 *
 * @param {string[]} options
 */
function shapeOf(options) {
  const at = options.indexOf('--shape');
  return at < 0 ? 'demo' : options[at + 1];
}

try {
  process.exitCode = await main(process.argv[2] ?? '', process.argv.slice(3));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`millrace: ${error.message}\n${error.fix}\n`);
  process.exitCode = 1;
}
