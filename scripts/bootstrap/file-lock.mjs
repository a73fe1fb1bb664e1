import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;
/** A holder writes its name right after it makes the file; an unnamed file older than this has no holder. */
const UNNAMED_MS = 10_000;

/**
 * Runs `work` while this process alone, of all on this machine, holds the lock file. The lock of a
 * process that has died is taken over.
 *
 * @template T
 * @param {string} file its folder is made if need be
 * @param {() => Promise<T>} work
 * @param {(holder: string) => void} [onWait] told once who holds the lock, if it is held
 * @returns {Promise<T>}
 */
export async function withFileLock(file, work, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  let waiting = false;
  while (!tryCreate(file)) {
    const holder = readHolder(file);
    if (holder !== undefined && isGone(file, holder)) {
      removeStale(file);
      continue;
    }
    if (!waiting) onWait?.(holder?.split(' ', 1)[0] ?? '');
    waiting = true;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * @param {string} file
 * @returns {boolean} whether it was made now, by us
 */
function tryCreate(file) {
  let handle;
  try {
    handle = openSync(file, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(handle, `${process.pid} ${startOf(process.pid)} ${hostname()}`);
  } finally {
    closeSync(handle);
  }
  return true;
}

/**
 * @param {string} file
 * @returns {string | undefined} undefined when it was released in the meantime
 */
function readHolder(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * @param {string} file
 * @param {string} holder content of the lock file
 */
function isGone(file, holder) {
  const [pid, start, host] = holder.split(' ');
  if (host === undefined) return age(file) > UNNAMED_MS;
  // A holder on another machine, which shares this folder, cannot be asked.
  if (host !== hostname()) return false;
  return !isAlive(Number(pid)) || startOf(Number(pid)) !== start;
}

/**
 * Two processes may find the same stale lock. Only who holds the second lock file may remove it, and only
 * if it is still stale then; else the slower one would remove the faster one's fresh lock.
 *
 * @param {string} file
 */
function removeStale(file) {
  const breaker = `${file}.breaker`;
  if (!tryCreate(breaker)) {
    if (age(breaker) > UNNAMED_MS) rmSync(breaker, { force: true });
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder !== undefined && isGone(file, holder)) rmSync(file, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

/**
 * @param {string} file
 * @returns {number} ms since it was written; 0 if it is not there
 */
function age(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * Start of a process in clock ticks since boot, which tells it from a later one with the same number.
 *
 * @param {number} pid
 * @returns {string} `-` where the system does not say
 */
function startOf(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return '-';
  const stat = readFileSync(file, 'utf8');
  // Field 22; field 2, the program's name in parentheses, may hold spaces.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}

/**
 * @param {unknown} error
 * @returns {string | undefined}
 */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
