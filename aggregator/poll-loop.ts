import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import { reasonOf } from './l1-connection.ts';

const LONGEST_DELAY_MS = 10_000;

export interface PollLoopOptions {
  /** One round of work. True: there may be more to do at once. */
  readonly step: () => Promise<boolean>;
  /** Milliseconds between two rounds that find nothing to do. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/** Repeats a round of work until it is stopped. A failed round is repeated, after longer and longer pauses up to 10 s. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #lastError: unknown;

  /** Starts at once. */
  constructor(options: PollLoopOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Why the last round failed; undefined if it did not, and once the loop has stopped. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Resolves when the round in progress has ended; no other one begins. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    this.#lastError = undefined;
  }

  async #run(): Promise<void> {
    const { step, pollMs, logger } = this.#options;
    let delay = pollMs;
    while (!this.#stopped.signal.aborted) {
      try {
        const more = await step();
        this.#lastError = undefined;
        delay = more ? 0 : pollMs;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        this.#lastError = error;
        delay = Math.min(Math.max(pollMs, delay * 2), Math.max(pollMs, LONGEST_DELAY_MS));
        const known =
          error instanceof MillraceError ? { code: error.code, ...error.details, fix: error.fix } : {};
        logger.error({ ...known, reason: reasonOf(error), retryInMs: delay }, 'a round failed');
      }
      if (delay > 0) await this.#pause(delay);
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopped;
    await sleep(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
