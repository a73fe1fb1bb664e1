import type { L1Cursor } from '../../aggregator/ports.ts';
import { MillraceError } from '../../protocol/error.ts';
import type { Database } from './database.ts';

/** What a store belongs to. */
export interface RollupIdentity {
  readonly chainId: number;
  /** Address of the rollup contract. */
  readonly rollup: string;
  readonly domain: bigint;
  /** Bits of an account index. */
  readonly depth: number;
  readonly genesisRoot: bigint;
}

/** A reader of L1: the node's two, and the one that restores a rollup. */
type Follower = 'l1Queue' | 'finality' | 'restore';

/** Single facts: whose store this is, where the followers of L1 stand. */
export class MetaTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Binds a new store to a rollup, or checks that it is bound to this one.
   * @throws {MillraceError} `refused/other-rollup`
   */
  bind(identity: RollupIdentity): void {
    const { chainId, rollup, domain, depth, genesisRoot } = identity;
    const text = JSON.stringify([chainId, rollup.toLowerCase(), String(domain), depth, String(genesisRoot)]);
    const kept = this.#get('rollup');
    if (kept === undefined) this.#set('rollup', text);
    else if (kept !== text) {
      throw new MillraceError('refused', 'other-rollup', 'This store belongs to another rollup', {
        details: { expected: text, found: kept },
        fix: 'Use the data folder of this rollup, or a new one.',
      });
    }
  }

  cursor(follower: Follower): L1Cursor | undefined {
    const text = this.#get(`cursor.${follower}`);
    return text === undefined ? undefined : (JSON.parse(text) as L1Cursor);
  }

  setCursor(follower: Follower, { blockNumber, blockHash }: L1Cursor): void {
    this.#set(`cursor.${follower}`, JSON.stringify({ blockNumber, blockHash }));
  }

  /** True after a reorg took L1 ops away, until the queue was read again. */
  get awaitingL1Queue(): boolean {
    return this.#get('awaitingL1Queue') === 'true';
  }

  set awaitingL1Queue(awaiting: boolean) {
    this.#set('awaitingL1Queue', String(awaiting));
  }

  #get(key: string): string | undefined {
    return this.#db.one<{ value: string }>('SELECT value FROM meta WHERE key = ?', key)?.value;
  }

  #set(key: string, value: string): void {
    this.#db.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, value);
  }
}
