import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../protocol/error.ts';
import type { BackendName, ProofOutput } from '../../prover/backend.ts';
import { onCpus } from '../machine/cpus.ts';
import type { ProcessCost } from '../measured-process.ts';

const CHILD = fileURLToPath(new URL('./resident-child.ts', import.meta.url));

export interface ResidentSetup {
  readonly backend: BackendName;
  readonly zkey: string;
}

export interface ResidentRequest {
  readonly wtns: string;
}

/** A proof and what it cost, measured inside the process; `peakMemory` is the process's so far. */
export interface ResidentReply extends ProofOutput, ProcessCost {
  /** Wall time by stage, seconds; empty where the backend does not tell. */
  readonly stages: Readonly<Record<string, number>>;
}

/** A process of our own that keeps a proving key in memory. */
export class ResidentProver {
  readonly #child: ChildProcess;
  /** What opening the key cost. */
  readonly opening: ProcessCost;

  private constructor(child: ChildProcess, opening: ProcessCost) {
    this.#child = child;
    this.opening = opening;
  }

  /** @throws {MillraceError} `internal` / `resident-prover-failed`; the child says on stderr why */
  static async start(setup: ResidentSetup, threads: number): Promise<ResidentProver> {
    const [program = '', ...args] = onCpus(threads, [process.execPath, CHILD, JSON.stringify(setup)]);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    return new ResidentProver(child, (await messageOf(child)) as ProcessCost);
  }

  async prove(wtns: string): Promise<ResidentReply> {
    const answer = messageOf(this.#child);
    const request: ResidentRequest = { wtns };
    this.#child.send(request);
    return (await answer) as ResidentReply;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

/** The child's next message; it is our own code, and each proof in it is verified. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const settled = new AbortController();
  const died = once(child, 'exit', { signal: settled.signal }).then(([code, signal]) => {
    throw new MillraceError('internal', 'resident-prover-failed', 'A proving process ended before its time', {
      details: { code, signal },
      fix: 'See what it printed above.',
    });
  });
  const answered = once(child, 'message', { signal: settled.signal }).then(([message]) => message);
  for (const loser of [died, answered]) loser.catch(() => undefined);
  try {
    return await Promise.race([answered, died]);
  } finally {
    settled.abort();
  }
}
