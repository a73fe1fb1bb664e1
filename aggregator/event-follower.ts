import type { JsonRpcProvider, Log } from 'ethers';
import { MillraceError } from '../protocol/error.ts';
import { isConnectionError } from './l1-connection.ts';
import type { L1Cursor, L1Location } from './ports.ts';

/** How many times L1 has to look shorter than what was read before that counts as a reorg: nodes behind one URL differ. */
const LOOKS_AT_SHORTER_CHAIN = 5;

/** What a look at L1 found. */
export type Look =
  | { readonly kind: 'nothing' }
  /**
   * The next events in order, of all blocks after the cursor up to and including the new one; `caughtUp` if that is the
   * newest block that counts.
   */
  | {
      readonly kind: 'events';
      readonly logs: readonly Log[];
      readonly cursor: L1Cursor;
      readonly caughtUp: boolean;
    }
  /** The cursor's block is no longer on the chain. */
  | { readonly kind: 'reorg' };

export interface EventFollowerOptions {
  readonly provider: JsonRpcProvider;
  readonly address: string;
  /** First topic of the events to follow; undefined: all of the contract's. */
  readonly topic?: string;
  /** Block of the contract's deployment. */
  readonly startBlock: number;
  /** Blocks that have to lie on top of a block before its events count; 0: none. */
  readonly confirmations: number;
  /** Most blocks to ask for at once; default 2,000. Fewer are asked for where the L1 node refuses as many. */
  readonly maxBlocks?: number;
}

/** Reads events of one contract, block by block. It keeps nothing: the cursor comes from the store. */
export class EventFollower {
  readonly #options: EventFollowerOptions;
  #looksAtShorterChain = 0;
  /** Blocks to ask for at once. */
  #span: number;

  constructor(options: EventFollowerOptions) {
    this.#options = options;
    this.#span = options.maxBlocks ?? 2_000;
  }

  /** Reads on from `cursor`; undefined: from the deployment. */
  async look(cursor: L1Cursor | undefined): Promise<Look> {
    const { provider, startBlock, confirmations } = this.#options;
    const head = await provider.getBlockNumber();
    if (cursor !== undefined) {
      // The node that answers this may be behind the one that told the head.
      const block = head < cursor.blockNumber ? null : await provider.getBlock(cursor.blockNumber);
      if (block === null) {
        return { kind: ++this.#looksAtShorterChain < LOOKS_AT_SHORTER_CHAIN ? 'nothing' : 'reorg' };
      }
      this.#looksAtShorterChain = 0;
      if (block.hash !== cursor.blockHash) return { kind: 'reorg' };
    }
    const from = cursor === undefined ? startBlock : cursor.blockNumber + 1;
    const newest = head - confirmations;
    if (newest < from) return { kind: 'nothing' };

    const { logs, to, blockHash } = await this.#readFrom(from, newest);
    if (blockHash === undefined) return { kind: 'nothing' };
    const next = { blockNumber: to, blockHash };
    // The chain may have changed between these questions; a hash stands for all blocks before it.
    const stable = (await this.isOnChain(next)) && (cursor === undefined || (await this.isOnChain(cursor)));
    const caughtUp = to === newest;
    return stable ? { kind: 'events', logs, cursor: next, caughtUp } : { kind: 'nothing' };
  }

  /** The logs of as many blocks as the L1 node gives at once, and the hash of the last one, taken before them. */
  async #readFrom(
    from: number,
    newest: number,
  ): Promise<{ logs: readonly Log[]; to: number; blockHash: string | undefined }> {
    const { provider, address, topic, maxBlocks = 2_000 } = this.#options;
    for (;;) {
      const to = Math.min(newest, from + this.#span - 1);
      const last = await provider.getBlock(to);
      try {
        const topics = topic === undefined ? [] : [topic];
        const logs = await provider.getLogs({ address, topics, fromBlock: from, toBlock: to });
        this.#span = Math.min(maxBlocks, 2 * this.#span);
        return { logs, to, blockHash: last?.hash ?? undefined };
      } catch (error) {
        // Nodes bound blocks, logs and time of one question, each in its own words.
        this.#span = Math.max(1, Math.floor((to - from + 1) / 2));
        if (to === from || isConnectionError(error)) throw error;
      }
    }
  }

  /** The last block before the deployment, which no reorg that leaves the contract in place can reach. */
  async origin(): Promise<L1Cursor> {
    const blockNumber = this.#options.startBlock - 1;
    const block = await this.#options.provider.getBlock(blockNumber);
    if (block?.hash == null) {
      throw new MillraceError(
        'refused',
        'deployment-gone',
        'The L1 node does not know the block before the deployment',
        {
          details: { blockNumber },
          fix: 'Use an L1 node that is synchronized, of the chain that the deployment manifest names.',
        },
      );
    }
    return { blockNumber, blockHash: block.hash };
  }

  /** Whether this block is on the chain now. */
  async isOnChain(block: Pick<L1Location, 'blockNumber' | 'blockHash'>): Promise<boolean> {
    const found = await this.#options.provider.getBlock(block.blockNumber);
    return found?.hash === block.blockHash;
  }
}

/** The place of a log. */
export function locationOf({ blockNumber, blockHash, transactionHash }: Log): L1Location {
  return { blockNumber, blockHash, transactionHash };
}
