import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessInfo {
  readonly pid: number;
  /** Program and arguments, separated by blanks. */
  readonly command: string;
}

/** What is left gets this long to go by itself, ms: guards notice within half a second that whoever they serve is gone. */
const LEAVE_MS = 15_000;
const LOOK_MS = 50;
/** Settings of the machine that must not reach a test's processes. */
const SETTINGS = /^(MILLRACE_|REDIS_URL$)/;

/**
 * A folder for the temporary files of processes that a test starts. All that they start inherit `TMPDIR` or work in the
 * folder, so it also tells which processes are of this test (Linux only: it is read from /proc).
 */
export class Premises {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Premises> {
    return new Premises(await mkdtemp(join(tmpdir(), 'millrace-premises-')));
  }

  /** The environment to start processes with. */
  get env(): Record<string, string | undefined> {
    const ours = Object.entries(process.env).filter(([name]) => !SETTINGS.test(name));
    return { ...Object.fromEntries(ours), TMPDIR: this.folder };
  }

  /** The processes that run now, whoever of them started them. */
  async processes(): Promise<ProcessInfo[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) => {
        if (!(await this.#isOurs(pid))) return [];
        return [{ pid: Number(pid), command: (await strings(pid, 'cmdline')).join(' ').trim() }];
      }),
    );
    return found.flat();
  }

  async #isOurs(pid: string): Promise<boolean> {
    const environment = await strings(pid, 'environ');
    if (environment.includes(`TMPDIR=${this.folder}`)) return true;
    // redis-server writes its title over its environment.
    const workingFolder = await ofProcess(() => readlink(`/proc/${pid}/cwd`), '');
    return workingFolder.startsWith(this.folder);
  }

  /** What is left when everything has had its time to go: commands and file names; empty if all is well. */
  async leftovers(): Promise<string[]> {
    const deadline = Date.now() + LEAVE_MS;
    for (;;) {
      const commands = (await this.processes()).map(({ pid, command }) => `process ${pid}: ${command}`);
      const left = [...commands, ...(await readdir(this.folder))];
      if (left.length === 0 || Date.now() > deadline) return left;
      await sleep(LOOK_MS);
    }
  }

  /** Ends what is left, by force, and removes the folder. */
  async close(): Promise<void> {
    for (const { pid } of await this.processes()) killIfThere(pid);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** SIGKILL to a process that may have ended by itself meanwhile. @returns whether it was there */
export function killIfThere(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** The NUL-separated strings of a file of /proc. */
async function strings(pid: string, file: 'environ' | 'cmdline'): Promise<string[]> {
  return (await ofProcess(() => readFile(`/proc/${pid}/${file}`, 'utf8'), '')).split('\0');
}

/** What is read of a process, or `otherwise` if it is gone or somebody else's. */
async function ofProcess<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return otherwise;
    throw error;
  }
}
