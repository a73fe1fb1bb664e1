import { runQuietly } from './child.mjs';

/**
 * Not `npm ci`: it refuses a lock file without an entry for every optional build of a package, and
 * registry mirrors that lack the builds for other platforms make such lock files. This installs the same
 * versions, checks the same hashes and leaves the lock file as it is.
 */
const INSTALL = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];

/** npm's own waits between tries add up to half an hour when the registry cannot be reached. */
const RETRIES = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];

/**
 * Installs what the folder's package-lock.json says.
 *
 * @param {string} folder
 * @param {{ env?: NodeJS.ProcessEnv, report: (line: string) => void }} options as for `runQuietly`
 * @throws {import('./setup-error.mjs').SetupError}
 */
export function npmInstall(folder, { env, report }) {
  return runQuietly('npm', [...INSTALL, ...RETRIES], {
    cwd: folder,
    env,
    report,
    fix: 'Check that the npm registry can be reached (npm ping) and run again.',
  });
}
