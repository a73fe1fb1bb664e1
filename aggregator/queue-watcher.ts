import type { Log } from 'ethers';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import { decodeL1Op } from '../protocol/l1-ops.ts';
import { type EventFollower, locationOf } from './event-follower.ts';
import type { L1OpSink, QueuedL1Op } from './ports.ts';
import type { RollupContract } from './rollup-contract.ts';

/** Most questions that wait for the L1 node's answer at once. */
const QUESTIONS_AT_ONCE = 16;

export interface QueueWatcherOptions {
  readonly rollup: RollupContract;
  /** Follows the rollup's `L1OpQueued`. */
  readonly follower: EventFollower;
  readonly sink: L1OpSink;
  /** Bits of an account index. */
  readonly depth: number;
  readonly logger: Logger;
}

/** Brings the ops of the contract's queue into the store, in order, each once, and takes back what a reorg took. */
export class L1QueueWatcher {
  readonly #options: QueueWatcherOptions;

  constructor(options: QueueWatcherOptions) {
    this.#options = options;
  }

  /**
   * One look at L1. What it says is not trusted: ids must be contiguous, elements in range, and equal to
   * what the contract keeps.
   *
   * @returns whether there may be more to read at once
   * @throws {MillraceError} `refused/queue-gap`, `refused/queue-mismatch`, `input/bad-l1-op`
   */
  async step(): Promise<boolean> {
    const { follower, sink, logger } = this.#options;
    const look = await follower.look(sink.l1QueueCursor());
    if (look.kind === 'nothing') return false;
    if (look.kind === 'reorg') {
      await this.#rewind();
      return true;
    }
    const next = sink.l1OpCount();
    const ops = look.logs.map((log, place) => this.#check(log, next + place));
    await this.#compareWithContract(ops);
    sink.appendL1Ops(ops, look.cursor, look.caughtUp);
    if (ops.length > 0)
      logger.info({ ops: ops.length, next: next + ops.length, ...look.cursor }, 'L1 ops queued');
    return true;
  }

  #check(log: Log, id: number): QueuedL1Op {
    const event = this.#options.rollup.l1OpQueued(log);
    if (event.id !== id) {
      throw new MillraceError('refused', 'queue-gap', 'The L1 node left out events of the queue', {
        details: { expectedId: id, foundId: event.id, block: log.blockNumber },
        fix: 'If this stays, use another L1 node.',
      });
    }
    const op = decodeL1Op(event.elements);
    if (op.type === 'forcedExit' && op.index >= 2 ** this.#options.depth) {
      throw new MillraceError('input', 'bad-l1-op', 'A forced exit names an account outside of the tree', {
        details: { id, index: op.index, depth: this.#options.depth },
      });
    }
    return { id, elements: event.elements, op, timestamp: event.timestamp, location: locationOf(log) };
  }

  /** An L1 node that invents events would have to invent the contract's storage as well. */
  async #compareWithContract(ops: readonly QueuedL1Op[]): Promise<void> {
    let wrong: QueuedL1Op | undefined;
    for (let first = 0; first < ops.length && wrong === undefined; first += QUESTIONS_AT_ONCE) {
      const some = ops.slice(first, first + QUESTIONS_AT_ONCE);
      const matches = await Promise.all(some.map((op) => this.#options.rollup.queueHolds(op)));
      wrong = some[matches.indexOf(false)];
    }
    if (wrong === undefined) return;
    throw new MillraceError(
      'refused',
      'queue-mismatch',
      'An event of the L1 queue is not what the contract keeps',
      {
        details: { id: wrong.id, elements: wrong.elements.map(String), block: wrong.location.blockNumber },
        fix: 'If this stays, use another L1 node: this one reports wrong events.',
      },
    );
  }

  /** Goes back to the newest op whose block is still on the chain. */
  async #rewind(): Promise<void> {
    const { follower, sink, logger } = this.#options;
    let count = sink.l1OpCount();
    let newest = sink.l1Op(count - 1);
    while (newest !== undefined && !(await follower.isOnChain(newest.location))) {
      count -= 1;
      newest = sink.l1Op(count - 1);
    }
    logger.warn({ from: sink.l1OpCount(), to: count }, 'L1 reorganized: going back');
    const { blockNumber, blockHash } = newest?.location ?? (await follower.origin());
    sink.rewindL1Ops(count, { blockNumber, blockHash });
  }
}
