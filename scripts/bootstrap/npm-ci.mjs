import { runQuietly } from './child.mjs';

/** npm's own waits between tries add up to half an hour when the registry cannot be reached. */
const RETRIES = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];

/**
 * Installs exactly what the folder's package-lock.json says.
 *
 * @param {string} folder
 * @param {{ env?: NodeJS.ProcessEnv, report: (line: string) => void, fix: string }} options as for `runQuietly`
 * @throws {import('./setup-error.mjs').SetupError}
 */
export function npmCi(folder, { env, report, fix }) {
  return runQuietly('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...RETRIES], {
    cwd: folder,
    env,
    report,
    fix,
  });
}
