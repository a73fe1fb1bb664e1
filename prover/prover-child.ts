import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import {
  type ChildReply,
  type ChildRequest,
  childReplySchema,
  PARENT_PID_VARIABLE,
} from './child-protocol.ts';

const CHILD = new URL('./child.ts', import.meta.url);
/** Longest line of the child's output that is logged. */
const MAX_OUTPUT = 1000;

/**
 * A worker's prover child, from the worker's side: forked when first needed, kept between proofs so that keys stay
 * loaded, forked anew after it crashed or was killed. It leads a process group of its own, which is killed as a whole.
 */
export class ProverChild {
  readonly #logger: Logger;
  #child: ChildProcess | undefined;
  #busy = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Process id of the child, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Has the child calculate one witness and its proof.
   *
   * @param options.timeoutMs after this the child is killed
   * @param options.signal when aborted, the child is killed
   * @returns the child's reply, checked for form and nothing else
   * @throws {MillraceError} `internal` / `prover-timeout`, `prover-aborted`, `prover-crashed` (with exit code and
   *   signal), `prover-garbled`; the child is gone after each, and the next call forks another.
   */
  async request(
    request: ChildRequest,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<ChildReply> {
    if (this.#busy)
      throw new MillraceError('internal', 'prover-busy', 'The prover child makes one proof at a time');
    this.#busy = true;
    try {
      return await this.#ask(request, options);
    } finally {
      this.#busy = false;
    }
  }

  /** Kills the child and everything that it started. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    killGroup(child.pid);
    await exited;
  }

  async #ask(
    request: ChildRequest,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<ChildReply> {
    const child = this.#child ?? this.#fork();
    const settled = new AbortController();
    const timeout = AbortSignal.timeout(timeoutMs);
    const listening = { signal: settled.signal };
    try {
      const answered = once(child, 'message', listening).then(([message]) => parseReply(message));
      const crashed = once(child, 'exit', listening).then(([code, killedBy]) => {
        throw crash(code, killedBy);
      });
      const aborted = abortOf(signal, settled.signal).then(() => {
        throw new MillraceError(
          'internal',
          'prover-aborted',
          'The proof was given up: the job is no longer ours',
        );
      });
      const late = abortOf(timeout, settled.signal).then(() => {
        throw new MillraceError('internal', 'prover-timeout', `The proof took longer than ${timeoutMs} ms`, {
          details: { timeoutMs },
          fix: "Raise the worker's time limit, or give it more cores.",
        });
      });
      for (const loser of [answered, crashed, aborted, late]) loser.catch(() => undefined);
      child.send(request, (error) => {
        if (error !== null) this.#logger.debug({ reason: error.message }, 'the prover child does not listen');
      });
      return await Promise.race([answered, crashed, aborted, late]);
    } catch (error) {
      await this.kill();
      throw error;
    } finally {
      settled.abort();
    }
  }

  #fork(): ChildProcess {
    const child = fork(CHILD, [], {
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      env: childEnvironment(),
    });
    child.on('error', (error) => this.#logger.warn({ reason: error.message }, 'prover child error'));
    child.on('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) =>
        this.#logger.debug({ output: String(data).slice(0, MAX_OUTPUT) }, 'prover child'),
      );
    }
    this.#child = child;
    return child;
  }
}

/** The child needs no secret: it gets none of our environment but what finds and tunes programs. */
function childEnvironment(): Record<string, string | undefined> {
  const passed = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'UV_THREADPOOL_SIZE', 'NODE_COMPILE_CACHE'];
  const ours = Object.keys(process.env).filter(
    (name) => passed.includes(name) || name.startsWith('MILLRACE_PROVER_'),
  );
  return {
    ...Object.fromEntries(ours.map((name) => [name, process.env[name]])),
    [PARENT_PID_VARIABLE]: String(process.pid),
  };
}

function parseReply(message: unknown): ChildReply {
  const reply = childReplySchema.safeParse(message);
  if (reply.success) return reply.data;
  throw new MillraceError(
    'internal',
    'prover-garbled',
    'The prover child answered something else than a proof',
    {
      details: { problem: reply.error.issues[0]?.message },
    },
  );
}

function crash(code: number | null, signal: NodeJS.Signals | null): MillraceError {
  return new MillraceError('internal', 'prover-crashed', 'The prover child ended in the middle of a proof', {
    details: { exitCode: code, signal },
    fix: signal === 'SIGKILL' ? 'Look whether the system ran out of memory.' : "Look at the worker's log.",
  });
}

function abortOf(signal: AbortSignal, settled: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: settled });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: the whole group has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
