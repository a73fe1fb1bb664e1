import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import { type EventFollower, locationOf } from './event-follower.ts';
import type { BatchSource, L1Location } from './ports.ts';
import type { RollupContract } from './rollup-contract.ts';

export interface FinalityOptions {
  readonly rollup: RollupContract;
  /** Follows the rollup's `BatchFinalized`. */
  readonly follower: EventFollower;
  readonly source: BatchSource;
  readonly logger: Logger;
}

/** Marks batches as finalized when L1 says so, and takes it back when a reorg does. */
export class FinalityFollower {
  readonly #options: FinalityOptions;

  constructor(options: FinalityOptions) {
    this.#options = options;
  }

  /**
   * One look at L1.
   *
   * @returns whether there may be more to read at once
   * @throws {MillraceError} `internal/chain-disagrees` if L1 finalized another state than the store's,
   *   `refused/store-behind-chain` if it finalized a batch that the store does not have, `refused/finality-order`
   */
  async step(): Promise<boolean> {
    const { follower, source, rollup, logger } = this.#options;
    const look = await follower.look(source.finalityCursor());
    if (look.kind === 'nothing') return false;
    if (look.kind === 'reorg') {
      await this.#rewind();
      return true;
    }
    const batches: { number: number; location: L1Location }[] = [];
    for (const log of look.logs) {
      const event = rollup.batchFinalized(log);
      const next = source.finalizedNumber() + batches.length + 1;
      if (event.number < next) {
        throw new MillraceError(
          'refused',
          'finality-order',
          'The L1 node gave events of the rollup out of order',
          {
            details: { expectedBatch: next, foundBatch: event.number, block: log.blockNumber },
            fix: 'If this stays, use another L1 node.',
          },
        );
      }
      assertSameRoot(source, event.number, event.newRoot);
      // The event speaks for those before it in the call.
      for (let number = next; number <= event.number; number++) {
        batches.push({ number, location: locationOf(log) });
      }
    }
    source.markFinalized(batches, look.cursor);
    for (const { number, location } of batches)
      logger.info({ batch: number, ...location }, 'batch finalized');
    return true;
  }

  /** Goes back to the newest finalized batch whose block is still on the chain. */
  async #rewind(): Promise<void> {
    const { follower, source, logger } = this.#options;
    let number = source.finalizedNumber();
    let location = source.finalizedAt(number);
    while (location !== undefined && !(await follower.isOnChain(location))) {
      number -= 1;
      location = source.finalizedAt(number);
    }
    logger.warn({ from: source.finalizedNumber(), to: number }, 'L1 reorganized: going back');
    const { blockNumber, blockHash } = location ?? (await follower.origin());
    source.revertFinalized(number, { blockNumber, blockHash });
  }
}

/**
 * Compares a state root on L1 with the store's.
 * @throws {MillraceError} `internal/chain-disagrees`, `refused/store-behind-chain`
 */
export function assertSameRoot(source: BatchSource, number: number, rootOnL1: bigint): void {
  const root = source.rootAfter(number);
  const details = {
    batch: number,
    onL1: String(rootOnL1),
    inStore: root === undefined ? 'none' : String(root),
  };
  if (root === undefined) {
    throw new MillraceError(
      'refused',
      'store-behind-chain',
      'L1 finalized a batch that this store does not have',
      {
        details,
        fix: 'Another node runs with this operator, or the store is not the one of this rollup: use the right data folder.',
      },
    );
  }
  if (root !== rootOnL1) {
    throw new MillraceError(
      'internal',
      'chain-disagrees',
      'L1 finalized another state than the one in the store',
      {
        details,
        fix: 'Stop the node. The state on L1 counts: the data folder belongs to another rollup, or is damaged.',
      },
    );
  }
}
