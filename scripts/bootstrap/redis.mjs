import { existsSync } from 'node:fs';
import { runQuietly } from './child.mjs';
import { step } from './progress.mjs';
import { SetupError } from './setup-error.mjs';
import { isOnPath } from './toolchain.mjs';

/**
 * Sees to a `redis-server` program where that is possible without asking: Debian's, as root. Without it
 * Millrace queues its jobs in the process.
 *
 * @param {string} root of the repository
 */
export async function ensureRedis(root) {
  if (isOnPath('redis-server')) return;
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    try {
      await step('Redis (apt-get install redis-server)', (report) => installFromDebian(root, report));
      return;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
    }
  }
  process.stderr.write('- Redis not found: using the embedded in-process queue\n');
}

/**
 * Installs the program alone: each of our own servers is private and started when it is needed, so
 * Debian's system service must not start, neither now nor at boot.
 *
 * @param {string} root
 * @param {(detail: string) => void} report
 */
async function installFromDebian(root, report) {
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    RUNLEVEL: '1', // invoke-rc.d starts nothing in single-user mode
    SYSTEMD_OFFLINE: '1', // systemctl starts nothing
  };
  const fix = 'Install redis-server by hand.';
  const options = { cwd: root, env, report, fix };
  await runQuietly('apt-get', ['update'], options);
  await runQuietly('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], options);
  if (existsSync('/run/systemd/system')) {
    await runQuietly('systemctl', ['disable', '--now', 'redis-server'], { cwd: root, report, fix });
  }
}
