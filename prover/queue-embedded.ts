import { MillraceError } from '../protocol/error.ts';
import { jobId, type ProofJob, type ProofOutcome, proofJobSchema } from './job.ts';
import type {
  Consumer,
  DeliveryEnd,
  DeliveryHandler,
  JobInspection,
  ProofQueue,
  ProofSource,
  QueueCounts,
} from './queue.ts';
import type { PackedInput } from './witness-input.ts';

interface Entry {
  readonly job: ProofJob;
  /** Aborts the delivery that holds the job; undefined while nobody does. */
  holder: AbortController | undefined;
  /** Time before which nobody takes the job, ms since the epoch. */
  notBefore: number;
  outcome: ProofOutcome | undefined;
}

/**
 * The proof queue inside one process, for machines without Redis. It has the contract of the Redis queue;
 * only that it dies with its process, which the dispatcher treats like a Redis that lost everything.
 */
export class EmbeddedProofQueue implements ProofQueue, ProofSource {
  readonly #entries = new Map<string, Entry>();
  readonly #inputs = new Map<string, Uint8Array>();
  readonly #listeners: ((jobId: string) => void)[] = [];
  readonly #idle = new Set<() => void>();
  #closed = false;

  async add(job: ProofJob, input: PackedInput): Promise<void> {
    this.#checkOpen();
    const checked = proofJobSchema.parse(job);
    this.#inputs.set(input.hash, input.bytes);
    const id = jobId(checked);
    if (this.#entries.has(id)) return;
    this.#entries.set(id, { job: checked, holder: undefined, notBefore: 0, outcome: undefined });
    this.#wake();
  }

  async inspect(id: string): Promise<JobInspection> {
    this.#checkOpen();
    const entry = this.#entries.get(id);
    if (entry === undefined) return { state: 'missing' };
    if (entry.outcome === undefined) return { state: 'live', job: entry.job };
    return { state: 'finished', job: entry.job, outcome: entry.outcome };
  }

  async remove(id: string, inputHash: string): Promise<void> {
    this.#checkOpen();
    if (this.#entries.get(id)?.holder !== undefined) return;
    this.#entries.delete(id);
    this.#inputs.delete(inputHash);
  }

  async counts(): Promise<QueueCounts> {
    this.#checkOpen();
    const open = [...this.#entries.values()].filter((entry) => entry.outcome === undefined);
    const active = open.filter((entry) => entry.holder !== undefined).length;
    return { waiting: open.length - active, active };
  }

  onFinished(listener: (jobId: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Forgets everything at once, as a Redis does on FLUSHALL. */
  flush(): void {
    const holders = [...this.#entries.values()].map((entry) => entry.holder);
    this.#entries.clear();
    this.#inputs.clear();
    for (const holder of holders) holder?.abort();
  }

  async close(): Promise<void> {
    this.flush();
    this.#closed = true;
    this.#wake();
  }

  consume(workerId: string, handler: DeliveryHandler): Consumer {
    let stopped = false;
    const inHand = new Map<Entry, AbortController>();
    const loop = async (): Promise<void> => {
      while (!stopped && !this.#closed) {
        const entry = this.#take();
        if (entry === undefined) await this.#untilWoken();
        else await this.#deliver(entry, workerId, handler, inHand);
      }
    };
    const finished = loop();
    return {
      stop: async ({ abandon = false } = {}) => {
        stopped = true;
        if (abandon) {
          for (const [entry, holder] of inHand) {
            if (entry.holder === holder) entry.holder = undefined;
            holder.abort();
          }
          this.#wake();
          return;
        }
        this.#wake();
        await finished;
      },
    };
  }

  async #deliver(
    entry: Entry,
    workerId: string,
    handler: DeliveryHandler,
    inHand: Map<Entry, AbortController>,
  ): Promise<void> {
    const holder = new AbortController();
    entry.holder = holder;
    inHand.set(entry, holder);
    let end: DeliveryEnd;
    try {
      end = await handler({
        job: entry.job,
        readInput: async () => this.#inputs.get(entry.job.inputHash),
        signal: holder.signal,
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      end = {
        kind: 'failure',
        failure: { worker: workerId, code: 'handler-failed', message: message.slice(0, 4096) },
      };
    }
    inHand.delete(entry);
    if (entry.holder !== holder) return; // no longer ours: somebody else works on it
    entry.holder = undefined;
    const id = jobId(entry.job);
    if (this.#entries.get(id) !== entry) return; // flushed meanwhile
    if (end.kind === 'hand-back') {
      entry.notBefore = Date.now() + end.delayMs;
      this.#wake();
      return;
    }
    entry.outcome = end;
    for (const listener of this.#listeners) listener(id);
  }

  #take(): Entry | undefined {
    const now = Date.now();
    for (const entry of this.#entries.values()) {
      if (entry.outcome === undefined && entry.holder === undefined && entry.notBefore <= now) return entry;
    }
    return undefined;
  }

  #untilWoken(): Promise<void> {
    const due = [...this.#entries.values()]
      .filter((entry) => entry.outcome === undefined && entry.holder === undefined)
      .map((entry) => entry.notBefore);
    return new Promise((resolve) => {
      const timer =
        due.length > 0 ? setTimeout(() => wake(), Math.max(1, Math.min(...due) - Date.now())) : undefined;
      const wake = (): void => {
        clearTimeout(timer);
        this.#idle.delete(wake);
        resolve();
      };
      this.#idle.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#idle]) wake();
  }

  #checkOpen(): void {
    if (this.#closed) throw new MillraceError('refused', 'queue-unavailable', 'The proof queue is closed');
  }
}
