import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const SUPERVISOR = fileURLToPath(new URL('./supervise.mjs', import.meta.url));

/** A running program that cannot outlive this process (see `supervise.mjs`). */
export interface SupervisedChild {
  /** Ends it in order (SIGINT), by force after the grace time. Resolves when it is gone; can be called again. */
  stop(): Promise<void>;
  /** Ends it, and all that it started, with SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves with the exit code when it is gone, whoever ended it. */
  readonly exited: Promise<number>;
  /** The last 4,000 characters of its output. */
  output(): string;
}

export interface SupervisionOptions {
  /** Time it has to end in order before it is killed, ms. */
  readonly graceMs?: number;
  /** Its environment; by default ours. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a program in a process group of its own. */
export function startSupervised(
  command: string,
  args: readonly string[],
  { graceMs = 5_000, env = process.env }: SupervisionOptions = {},
): SupervisedChild {
  const child = spawn(process.execPath, [SUPERVISOR, String(graceMs), command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env,
  });
  let tail = '';
  const keepTail = (chunk: Buffer): void => {
    tail = (tail + chunk.toString()).slice(-4_000);
  };
  child.stdout.on('data', keepTail);
  child.stderr.on('data', keepTail);
  // Writing to a dead supervisor is no news: `exited` tells it.
  child.stdin.on('error', () => undefined);

  let gone = false;
  const exited = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      gone = true;
      keepTail(Buffer.from(error.message));
      resolve(127);
    });
    child.on('exit', (code) => {
      gone = true;
      killGroup(child);
      resolve(code ?? 1);
    });
  });
  return {
    exited,
    output: () => tail,
    async stop() {
      child.stdin.end();
      await exited;
    },
    async kill() {
      // Once it is gone its number may belong to another program.
      if (!gone) killGroup(child);
      await exited;
    },
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // No such group: everything in it has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A TCP port that is free on the loopback address now. */
export function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port was assigned'));
        else resolve(address.port);
      });
    });
  });
}
