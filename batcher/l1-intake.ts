import type { L1Cursor, L1OpSink, QueuedL1Op } from '../aggregator/ports.ts';
import type { Sequencer } from './sequencer.ts';
import type { Store } from './store.ts';

/** Where the queue watcher brings L1 ops, and takes back those that a reorg took: kept, and sequenced. */
export class L1Intake implements L1OpSink {
  readonly #store: Store;
  readonly #sequencer: Sequencer;

  constructor(store: Store, sequencer: Sequencer) {
    this.#store = store;
    this.#sequencer = sequencer;
  }

  l1QueueCursor(): L1Cursor | undefined {
    return this.#store.meta.cursor('l1Queue');
  }

  l1OpCount(): number {
    return this.#store.l1Ops.count();
  }

  l1Op(id: number): QueuedL1Op | undefined {
    return this.#store.l1Ops.get(id);
  }

  appendL1Ops(ops: readonly QueuedL1Op[], cursor: L1Cursor, caughtUp: boolean): void {
    this.#sequencer.atomically(() => {
      this.#store.l1Ops.append(ops);
      this.#store.meta.setCursor('l1Queue', cursor);
      this.#sequencer.l1QueueRead(caughtUp);
    });
  }

  rewindL1Ops(count: number, cursor: L1Cursor): void {
    this.#sequencer.atomically(() => {
      this.#sequencer.forgetL1From(count);
      this.#store.l1Ops.truncate(count);
      this.#store.meta.setCursor('l1Queue', cursor);
    });
  }
}
