import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import { componentLogger } from './log.ts';
import { freeLoopbackPort } from './loopback-port.ts';
import { connectRedis } from './redis-connection.ts';

/** A Redis server of our own: reachable from this machine only, behind a random password. */
export interface PrivateRedis {
  /** Carries the password: pass it on by environment, never by argv or log. */
  readonly url: string;
  /** Process id of the `redis-server` itself (it changes when a dead one is replaced). */
  readonly pid: number;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/**
 * The guard between us and redis-server. It holds the read end of a pipe whose write end only we hold: when we
 * are gone, however we died, `cat` sees the end of file, and the server and its folder go too. It prints the
 * server's pid, removes the folder and ends when the server has ended.
 */
const GUARD = `
exec 3<&0
redis-server "$1/redis.conf" >"$1/redis.log" 2>&1 3<&- &
server=$!
echo "$server"
{ cat <&3; kill -9 "$server"; } >/dev/null 2>&1 &
watch=$!
wait "$server"
rm -rf "$1"
kill "$watch" 2>/dev/null
`;

const START_ATTEMPTS = 5;
const START_TIMEOUT_MS = 15_000;

/**
 * Starts a private `redis-server` on a free loopback port, in a folder of its own, without persistence: losing
 * it loses nothing. It ends when this process ends, also by SIGKILL. When it dies by itself, an empty one takes
 * its place on the same port.
 *
 * @param options.dir parent of the server's folder; the system's temporary folder by default.
 * @returns undefined when there is no `redis-server` on this machine.
 * @throws {MillraceError} `internal` / `redis-start` when there is one but it does not come up.
 */
export async function startPrivateRedis(
  options: { dir?: string; logger?: Logger } = {},
): Promise<PrivateRedis | undefined> {
  const logger = options.logger ?? componentLogger('private-redis');
  if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).error !== undefined) return undefined;
  const password = randomBytes(24).toString('hex');

  for (let attempt = 1; ; attempt++) {
    const port = await freeLoopbackPort();
    try {
      const server = new Supervised(options.dir ?? tmpdir(), port, password, logger);
      await server.start();
      return server;
    } catch (cause) {
      // Another process may have taken the port between our look and the start.
      if (attempt < START_ATTEMPTS) continue;
      throw new MillraceError('internal', 'redis-start', 'The private redis-server did not start', {
        details: { attempts: attempt, reason: cause instanceof Error ? cause.message : String(cause) },
        fix: 'Run redis-server by hand to see why, or set REDIS_URL to a Redis that runs.',
        cause,
      });
    }
  }
}

class Supervised implements PrivateRedis {
  readonly url: string;
  readonly #parent: string;
  readonly #port: number;
  readonly #password: string;
  readonly #logger: Logger;
  #guard: ChildProcess | undefined;
  #folder = '';
  #pid = 0;
  #stopping = false;

  constructor(parent: string, port: number, password: string, logger: Logger) {
    this.#parent = parent;
    this.#port = port;
    this.#password = password;
    this.#logger = logger;
    this.url = `redis://:${password}@127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.#pid;
  }

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(this.#parent, 'millrace-redis-'));
    await writeFile(join(this.#folder, 'redis.conf'), this.#config(), { mode: 0o600 });
    // A process group of its own: a Ctrl-C in the terminal must not end the server before its users.
    const guard = spawn('/bin/sh', ['-c', GUARD, 'millrace-redis-guard', this.#folder], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    guard.stdin.on('error', (error) => this.#logger.debug({ reason: error.message }, 'redis guard is gone'));
    const exited = once(guard, 'exit');
    try {
      const [first] = await Promise.race([once(guard.stdout, 'data'), exited.then(() => [''])]);
      this.#pid = Number.parseInt(String(first), 10);
      if (!Number.isSafeInteger(this.#pid)) throw new Error('the guard ended at once');
      await Promise.race([
        this.#untilReady(),
        exited.then(() => Promise.reject(new Error('redis-server ended at once'))),
      ]);
    } catch (error) {
      guard.stdin.destroy();
      await rm(this.#folder, { recursive: true, force: true });
      throw error;
    }
    this.#guard = guard;
    guard.unref();
    exited.then(() => this.#replace());
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const guard = this.#guard;
    if (guard !== undefined && guard.exitCode === null && guard.signalCode === null) {
      const exited = once(guard, 'exit');
      guard.ref();
      guard.stdin?.end();
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #replace(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    for (let delayMs = 100; !this.#stopping; delayMs = Math.min(delayMs * 2, 5000)) {
      this.#logger.warn({ port: this.#port }, 'the private redis-server died: starting an empty one');
      try {
        await this.start();
        // stop() may have been called while the new one came up.
        if (this.#stopping) await this.stop();
        return;
      } catch (error) {
        this.#logger.error(
          { reason: error instanceof Error ? error.message : String(error) },
          'redis-server start failed',
        );
        await sleep(delayMs, undefined, { ref: false });
      }
    }
  }

  #config(): string {
    return [
      'bind 127.0.0.1',
      `port ${this.#port}`,
      `requirepass ${this.#password}`,
      `dir ${JSON.stringify(this.#folder)}`,
      'save ""',
      'appendonly no',
      'maxmemory-policy noeviction',
      'daemonize no',
      '',
    ].join('\n');
  }

  async #untilReady(): Promise<void> {
    const redis = connectRedis(this.url, undefined, {
      retryStrategy: () => 25,
      maxRetriesPerRequest: null,
    });
    try {
      await Promise.race([
        redis.ping(),
        sleep(START_TIMEOUT_MS, undefined, { ref: false }).then(() =>
          Promise.reject(new Error('no answer to PING')),
        ),
      ]);
    } finally {
      redis.disconnect();
    }
  }
}
