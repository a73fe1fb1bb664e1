import type { Random } from '../../scripts/random.ts';
import type { Clock } from './clock.ts';
import type { Model } from './model.ts';

/** The aggregator and L1: proven batches become final in their order, several in a call, as far as blocks have room. */
export class L1Stage {
  readonly #clock: Clock;
  readonly #model: Model;
  readonly #random: Random;
  readonly #onFinal: (batch: number) => void;
  /** Batches that are proven out of turn. */
  readonly #early = new Set<number>();
  /** Proven ones without a gap, not in a transaction, from `#next` on; each with the time it came. */
  #ready: number[] = [];
  #next = 0;
  #expected = 0;
  #gas = 0;
  #calls = 0;
  #blocks = 0;
  #batches = 0;
  #isPlanned = false;

  constructor(clock: Clock, model: Model, random: Random, onFinal: (batch: number) => void) {
    this.#clock = clock;
    this.#model = model;
    this.#random = random;
    this.#onFinal = onFinal;
  }

  /** Gas of all transactions so far. */
  get gas(): number {
    return this.#gas;
  }

  /** Transactions so far that were in a block. */
  get calls(): number {
    return this.#calls;
  }

  proven(batch: number): void {
    this.#early.add(batch);
    while (this.#early.delete(this.#expected)) {
      this.#ready.push(this.#clock.now);
      this.#expected += 1;
    }
    this.#plan();
  }

  get #waiting(): number {
    return this.#ready.length - this.#next;
  }

  /** Looks at the next block, where something waits for it. */
  #plan(): void {
    if (this.#isPlanned || this.#waiting === 0) return;
    this.#isPlanned = true;
    const { slot } = this.#model.l1;
    const block = Math.max(this.#blocks + 1, Math.floor(this.#clock.now / slot) + 1);
    this.#clock.at(block * slot, () => {
      this.#isPlanned = false;
      this.#blocks = block;
      this.#mine();
      this.#plan();
    });
  }

  #mine(): void {
    const { blockGas, callGas, mostBatches, mostCalls, patience, slot, confirmations } = this.#model.l1;
    const { failedTransactions, reorgs } = this.#model.failures;
    this.#ready = this.#ready.slice(this.#next);
    this.#next = 0;
    const last = this.#calls + mostCalls;
    for (let left = blockGas; this.#waiting > 0 && this.#calls < last; ) {
      let batches = Math.min(this.#waiting, mostBatches);
      const waited = this.#clock.now - this.#ready[this.#next]!;
      if (batches < mostBatches && waited < patience) return;
      while (batches > 0 && callGas(batches) > left) batches -= 1;
      if (batches === 0) return;
      // One that fails pays all the same; one whose block is dropped does not. The ones behind it wait.
      if (this.#random.fraction() < reorgs) return;
      left -= callGas(batches);
      this.#gas += callGas(batches);
      this.#calls += 1;
      if (this.#random.fraction() < failedTransactions) return;
      const first = this.#batches;
      this.#batches += batches;
      this.#next += batches;
      this.#clock.after(confirmations * slot, () => {
        for (let i = 0; i < batches; i++) this.#onFinal(first + i);
      });
    }
  }
}
