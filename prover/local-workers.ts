import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { BACKEND_CHOICES, type BackendChoice } from './backend.ts';
import { componentLogger } from './log.ts';
import { verificationKeySchema } from './proof.ts';
import { THREADS_VARIABLE, threadsOfEach } from './threads.ts';
import type { WorkerArtifacts } from './worker.ts';

/** The order over IPC to a `local-worker.ts`. The Redis URL may carry a password, so it is not in argv. */
export const localWorkerOrderSchema = z.strictObject({
  parentPid: z.int(),
  redisUrl: z.string(),
  artifacts: z.array(
    z.strictObject({
      manifestId: z.string(),
      wasm: z.string(),
      zkey: z.string(),
      vkey: verificationKeySchema,
    }),
  ),
  backend: z.enum(BACKEND_CHOICES),
  timeoutMs: z.number().optional(),
  graceMs: z.number(),
});
export type LocalWorkerOrder = z.infer<typeof localWorkerOrderSchema>;

export interface LocalWorkersOptions {
  readonly count: number;
  readonly redisUrl: string;
  readonly artifacts: readonly WorkerArtifacts[];
  readonly backend: BackendChoice;
  /** As for a worker. */
  readonly timeoutMs?: number;
  /** Time that a stopping worker has to finish its proof before it hands the job back, ms; none by default. */
  readonly graceMs?: number;
  readonly logger?: Logger;
}

/** What a stopping worker process gets beyond its grace before it is killed, ms. */
const KILL_AFTER_MS = 10_000;
const RESPAWN_MS = 500;

/**
 * Worker processes on the node's own machine, all on one Redis; they share its CPUs. A process that dies is replaced; all end with the node,
 * also when the node is killed.
 */
export class LocalWorkers {
  readonly #options: LocalWorkersOptions;
  readonly #logger: Logger;
  readonly #processes = new Set<ChildProcess>();
  #stopping = false;

  constructor(options: LocalWorkersOptions) {
    this.#options = options;
    this.#logger = options.logger ?? componentLogger('local-workers');
    for (let i = 0; i < options.count; i++) this.#spawn();
  }

  /** Process ids of the worker processes that run now. */
  get pids(): number[] {
    return [...this.#processes].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /** Stops all workers: each finishes or hands back its job. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const killAfterMs = (this.#options.graceMs ?? 0) + KILL_AFTER_MS;
    await Promise.all(
      [...this.#processes].map(async (worker) => {
        const exited = once(worker, 'exit');
        worker.kill('SIGTERM');
        const timer = setTimeout(() => worker.kill('SIGKILL'), killAfterMs);
        await exited;
        clearTimeout(timer);
      }),
    );
  }

  #spawn(): void {
    // A process group of its own: a Ctrl-C in the terminal is for the node, which then stops its workers in order.
    const worker = fork(new URL('./local-worker.ts', import.meta.url), [], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
      env: { ...process.env, [THREADS_VARIABLE]: String(threadsOfEach(this.#options.count)) },
    });
    this.#processes.add(worker);
    worker.on('error', (error) => this.#logger.warn({ reason: error.message }, 'worker process error'));
    worker.once('exit', (code, signal) => this.#replace(worker, code, signal));
    const { redisUrl, backend, timeoutMs, graceMs = 0 } = this.#options;
    const artifacts = this.#options.artifacts.map(({ manifestId, wasm, zkey, vkey }) => ({
      manifestId,
      wasm,
      zkey,
      vkey,
    }));
    const order: LocalWorkerOrder = {
      parentPid: process.pid,
      redisUrl,
      artifacts,
      backend,
      timeoutMs,
      graceMs,
    };
    worker.send(order, (error) => {
      if (error !== null) this.#logger.warn({ reason: error.message }, 'worker process took no order');
    });
  }

  async #replace(worker: ChildProcess, code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    this.#processes.delete(worker);
    if (this.#stopping) return;
    this.#logger.warn({ pid: worker.pid, exitCode: code, signal }, 'worker process ended: starting another');
    await sleep(RESPAWN_MS, undefined, { ref: false });
    if (!this.#stopping) this.#spawn();
  }
}
