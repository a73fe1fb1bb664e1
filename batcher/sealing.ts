import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sequencer } from './sequencer.ts';

export interface SealerOptions {
  readonly sequencer: Sequencer;
  /** Milliseconds after its first op at which a batch is sealed even if it has room. */
  readonly batchAgeMs: number;
  readonly logger: Logger;
}

/** Pause after a failed attempt, ms. */
const RETRY_MS = 1_000;

/**
 * Closes batches that nothing else closes: those that have reached the age limit, and those that L1 ops alone fill.
 * (A batch that signed ops fill is sealed by the op that does so.)
 */
export class Sealer {
  readonly #sequencer: Sequencer;
  readonly #batchAgeMs: number;
  readonly #logger: Logger;
  readonly #onL1Waiting = () => this.#wake();
  #timer: NodeJS.Timeout | undefined;
  #step: NodeJS.Immediate | undefined;
  #closed = false;

  /** Starts at once. */
  constructor({ sequencer, batchAgeMs, logger }: SealerOptions) {
    this.#sequencer = sequencer;
    this.#batchAgeMs = batchAgeMs;
    this.#logger = logger;
    sequencer.on('l1Waiting', this.#onL1Waiting);
    this.#wake();
    this.#watchAge();
  }

  /** Seals what is there now, full or not, until no op is without a sealed batch. */
  async flush(): Promise<void> {
    do {
      this.#sequencer.atomically(() => {
        this.#sequencer.seal();
        this.#sequencer.takeWaitingL1();
      });
      await nextTurn();
    } while (this.#sequencer.open.openedAt !== undefined);
  }

  /** Stops; a batch that is open stays open in the store. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#step);
    this.#sequencer.off('l1Waiting', this.#onL1Waiting);
  }

  #wake(): void {
    if (!this.#closed) this.#step ??= setImmediate(() => this.#takeL1());
  }

  /** Gives the waiting L1 ops places, one batch a turn of the event loop, so that the API keeps answering. */
  #takeL1(): void {
    this.#step = undefined;
    try {
      if (this.#sequencer.atomically(() => this.#sequencer.takeWaitingL1())) this.#wake();
    } catch (error) {
      this.#logger.error({ err: error }, 'L1 ops could not be placed; they wait');
    }
  }

  #watchAge(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#sealIfOld(), this.#nextLookMs());
  }

  /** Until the open batch is too old; no longer than one age limit, so that a new batch is seen in time. */
  #nextLookMs(): number {
    const { openedAt } = this.#sequencer.open;
    const age = openedAt === undefined ? 0 : Date.now() - openedAt;
    return Math.max(1, Math.min(this.#batchAgeMs, this.#batchAgeMs - age));
  }

  #sealIfOld(): void {
    let pause: number | undefined;
    try {
      const { openedAt, number } = this.#sequencer.open;
      if (openedAt !== undefined && Date.now() - openedAt >= this.#batchAgeMs) {
        this.#sequencer.atomically(() => this.#sequencer.seal());
        this.#logger.debug({ batch: number }, 'age limit reached');
      }
      // What waited behind the signed ops of that batch has room now.
      if (this.#sequencer.waitingL1 > 0) this.#wake();
    } catch (error) {
      this.#logger.error({ err: error }, 'a batch could not be sealed; it is tried again');
      pause = RETRY_MS;
    }
    if (pause === undefined) this.#watchAge();
    else if (!this.#closed) this.#timer = setTimeout(() => this.#sealIfOld(), pause);
  }
}
