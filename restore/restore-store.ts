import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { L1Cursor } from '../aggregator/ports.ts';
import { AccountTable } from '../batcher/store/account-table.ts';
import { Database } from '../batcher/store/database.ts';
import { MetaTable, type RollupIdentity } from '../batcher/store/meta-table.ts';
import type { Account } from '../protocol/account.ts';
import type { BatchHeader } from '../protocol/batch-header.ts';
import { MillraceError } from '../protocol/error.ts';
import { decodeL1Op, type L1Elements } from '../protocol/l1-ops.ts';
import type { Payout } from '../protocol/payouts.ts';
import type { ReplayedBatch } from '../protocol/replay.ts';

/** File name in the folder of a restored state. */
export const RESTORE_FILE = 'restored.sqlite';

/**
 * What was read of L1, each row with the block that it comes from, so that what a reorg took can be taken back: rows of later blocks
 * are deleted, marks of later blocks are lifted. `accounts` and `account_changes` are those of batcher/store/account-table.ts, as
 * of the last final batch.
 */
const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
  number INTEGER PRIMARY KEY,        -- blocks with events of the rollup
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE batches (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  number INTEGER NOT NULL,           -- twice where a reverted batch was followed by another one
  header TEXT NOT NULL,              -- JSON
  hash TEXT NOT NULL,
  old_root TEXT NOT NULL,
  data BLOB NOT NULL,
  signed_ops INTEGER NOT NULL,
  committed INTEGER NOT NULL,        -- block
  finalized INTEGER,                 -- block
  reverted INTEGER                   -- block
) STRICT;
CREATE INDEX batches_by_number ON batches (number);

CREATE TABLE payouts (
  batch INTEGER NOT NULL,            -- final
  place INTEGER NOT NULL,
  owner TEXT NOT NULL,
  token INTEGER NOT NULL,
  amount TEXT NOT NULL,
  PRIMARY KEY (batch, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX payouts_by_owner ON payouts (owner);

CREATE TABLE l1_ops (
  id INTEGER PRIMARY KEY,            -- position in the contract's queue
  e0 TEXT NOT NULL,
  e1 TEXT NOT NULL,
  e2 TEXT NOT NULL,
  block INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
  account INTEGER PRIMARY KEY,
  key_hash TEXT NOT NULL,
  token INTEGER NOT NULL,
  nonce INTEGER NOT NULL,
  balance TEXT NOT NULL
) STRICT;
CREATE INDEX accounts_by_key ON accounts (key_hash, token);

CREATE TABLE account_changes (
  batch INTEGER NOT NULL,
  account INTEGER NOT NULL,
  nonce INTEGER,                     -- before the batch; NULL if the batch created the account
  balance TEXT,
  PRIMARY KEY (batch, account)
) STRICT, WITHOUT ROWID`;

/** A batch that stands committed or is final. */
export interface RestoredBatch {
  readonly header: BatchHeader;
  /** Of the header, 0x + 64 hex. */
  readonly hash: string;
  readonly oldRoot: bigint;
  readonly data: Uint8Array;
  readonly signedOps: number;
}

interface BatchRow {
  place: number;
  header: string;
  hash: string;
  old_root: string;
  data: Uint8Array;
  signed_ops: number;
}

const STANDING = 'reverted IS NULL';

/** A restored rollup on disk. What a {@link RestoreStore.transaction} wrote is there when it returns. One process at a time. */
export class RestoreStore {
  readonly #db: Database;
  readonly #meta: MetaTable;
  readonly #accounts: AccountTable;

  private constructor(db: Database) {
    this.#db = db;
    this.#meta = new MetaTable(db);
    this.#accounts = new AccountTable(db);
  }

  /**
   * Opens the store of a rollup, or makes it.
   * @param folder made, for this user alone, if it is missing
   * @throws {MillraceError} `refused/store-in-use`, `refused/store-version`, `refused/other-rollup`, `input/unwritable-folder`,
   *   `internal/store-unusable`
   */
  static open(folder: string, identity: RollupIdentity): RestoreStore {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new MillraceError(
        'input',
        'unwritable-folder',
        'The folder for the restored state cannot be made',
        {
          details: { folder, reason: String(cause) },
          fix: 'Name another one with --state.',
          cause,
        },
      );
    }
    const db = new Database(join(folder, RESTORE_FILE), SCHEMA);
    try {
      const store = new RestoreStore(db);
      store.#meta.bind(identity);
      return store;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Runs `work` in one transaction, or as part of the one that is open. */
  transaction<T>(work: () => T): T {
    return this.#db.transaction(work);
  }

  close(): void {
    this.#db.close();
  }

  /** How far L1 was read. */
  get cursor(): L1Cursor | undefined {
    return this.#meta.cursor('restore');
  }

  /** Moves on to a block, and keeps the hashes of blocks with events. */
  advance(cursor: L1Cursor, blocks: readonly L1Cursor[]): void {
    for (const { blockNumber, blockHash } of blocks) {
      this.#db.run('INSERT OR REPLACE INTO blocks VALUES (?, ?)', blockNumber, blockHash);
    }
    this.#meta.setCursor('restore', cursor);
  }

  /** Blocks with events, newest first. */
  blocks(): L1Cursor[] {
    return this.#db
      .all<{ number: number; hash: string }>('SELECT number, hash FROM blocks ORDER BY number DESC')
      .map(({ number, hash }) => ({ blockNumber: number, blockHash: hash }));
  }

  /** Forgets everything that comes from blocks after this one. */
  rewind(cursor: L1Cursor): void {
    const { blockNumber: block } = cursor;
    const undone = this.#db.number('SELECT coalesce(min(number), 0) FROM batches WHERE finalized > ?', block);
    if (undone > 0) {
      this.#accounts.undoFrom(undone);
      this.#db.run('DELETE FROM account_changes WHERE batch >= ?', undone);
      this.#db.run('DELETE FROM payouts WHERE batch >= ?', undone);
    }
    this.#db.run('UPDATE batches SET finalized = NULL WHERE finalized > ?', block);
    this.#db.run('UPDATE batches SET reverted = NULL WHERE reverted > ?', block);
    this.#db.run('DELETE FROM batches WHERE committed > ?', block);
    this.#db.run('DELETE FROM l1_ops WHERE block > ?', block);
    this.#db.run('DELETE FROM blocks WHERE number > ?', block);
    this.#meta.setCursor('restore', cursor);
  }

  /** Goes back to before a batch was committed, if it stands, so that it is read again. */
  unread(number: number): void {
    const committed = this.#db.number(
      `SELECT coalesce(min(committed), 0) FROM batches WHERE number = ? AND ${STANDING}`,
      number,
    );
    const before = this.blocks().find(({ blockNumber }) => blockNumber < committed);
    if (before !== undefined) this.rewind(before);
  }

  /** The newest batch that stands. */
  newest(): RestoredBatch | undefined {
    return this.#batch(`${STANDING} ORDER BY number DESC LIMIT 1`);
  }

  /** The newest final batch. */
  newestFinal(): RestoredBatch | undefined {
    return this.#batch('finalized IS NOT NULL ORDER BY number DESC LIMIT 1');
  }

  /** The batch of this number that stands. */
  batch(number: number): RestoredBatch | undefined {
    return this.#batch(`${STANDING} AND number = ?`, number);
  }

  /** The oldest batch that is committed and not final. */
  oldestPending(): RestoredBatch | undefined {
    return this.#batch(`${STANDING} AND finalized IS NULL ORDER BY number LIMIT 1`);
  }

  commit({ header, hash, oldRoot, data, signedOps }: RestoredBatch, block: number): void {
    const json = JSON.stringify(header, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    this.#db.run(
      'INSERT INTO batches (number, header, hash, old_root, data, signed_ops, committed) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[header.number, json, hash, String(oldRoot), data, signedOps, block],
    );
  }

  /** Marks a batch as final, with what it did to the accounts and whom it pays. */
  finalize(number: number, { changes }: ReplayedBatch, payouts: readonly Payout[], block: number): void {
    this.#db.run(`UPDATE batches SET finalized = ? WHERE number = ? AND ${STANDING}`, block, number);
    this.#accounts.apply(number, changes);
    payouts.forEach(({ owner, token, amount }, place) => {
      this.#db.run(
        'INSERT INTO payouts VALUES (?, ?, ?, ?, ?)',
        ...[number, place, String(owner), token, String(amount)],
      );
    });
  }

  /** Marks the batches from `first` on, none of which is final, as reverted. */
  revert(first: number, block: number): void {
    this.#db.run(
      `UPDATE batches SET reverted = ? WHERE number >= ? AND finalized IS NULL AND ${STANDING}`,
      block,
      first,
    );
  }

  /** Number of L1 ops in the queue, which is the id of the next one. */
  l1OpCount(): number {
    return this.#db.number('SELECT count(*) FROM l1_ops');
  }

  addL1Op(id: number, [e0, e1, e2]: L1Elements, block: number): void {
    this.#db.run('INSERT INTO l1_ops VALUES (?, ?, ?, ?, ?)', id, String(e0), String(e1), String(e2), block);
  }

  /** @param id below {@link RestoreStore.l1OpCount} */
  l1Op(id: number): L1Elements | undefined {
    const row = this.#db.one<Record<'e0' | 'e1' | 'e2', string>>(
      'SELECT e0, e1, e2 FROM l1_ops WHERE id = ?',
      id,
    );
    return row === undefined ? undefined : [BigInt(row.e0), BigInt(row.e1), BigInt(row.e2)];
  }

  /** Deposits of this L1 address that are in no final batch. */
  unprocessedDeposits(depositor: bigint): { id: number; elements: L1Elements }[] {
    const first = this.newestFinal()?.header.l1End ?? 0;
    const found: { id: number; elements: L1Elements }[] = [];
    for (let id = first; id < this.l1OpCount(); id++) {
      const elements = this.l1Op(id)!;
      const op = decodeL1Op(elements);
      if (op.type === 'deposit' && op.depositor === depositor) found.push({ id, elements });
    }
    return found;
  }

  /** Payouts of final batches to this L1 address. */
  payoutsTo(owner: bigint): { batch: number; place: number }[] {
    return this.#db.all(
      'SELECT batch, place FROM payouts WHERE owner = ? ORDER BY batch, place',
      String(owner),
    );
  }

  /** All payouts of a final batch, in order. */
  payoutsOf(batch: number): Payout[] {
    return this.#db
      .all<{ owner: string; token: number; amount: string }>(
        'SELECT owner, token, amount FROM payouts WHERE batch = ? ORDER BY place',
        batch,
      )
      .map(({ owner, token, amount }) => ({ owner: BigInt(owner), token, amount: BigInt(amount) }));
  }

  /** The accounts as of the last final batch, ascending. */
  accounts(): [index: number, account: Account][] {
    return this.#accounts.all();
  }

  /** Final batches, and the signed and L1 ops in them. */
  totals(): { batches: number; signedOps: number; l1Ops: number } {
    const row = this.#db.one<{ batches: number; ops: number | null }>(
      'SELECT count(*) AS batches, sum(signed_ops) AS ops FROM batches WHERE finalized IS NOT NULL',
    );
    return {
      batches: row?.batches ?? 0,
      signedOps: row?.ops ?? 0,
      l1Ops: this.newestFinal()?.header.l1End ?? 0,
    };
  }

  #batch(where: string, ...values: number[]): RestoredBatch | undefined {
    const row = this.#db.one<BatchRow>(
      `SELECT place, header, hash, old_root, data, signed_ops FROM batches WHERE ${where}`,
      ...values,
    );
    if (row === undefined) return undefined;
    const { newRoot, c, z, y, ...rest } = JSON.parse(row.header) as Record<keyof BatchHeader, never>;
    const header = { ...rest, newRoot: BigInt(newRoot), c: BigInt(c), z: BigInt(z), y: BigInt(y) };
    return {
      header,
      hash: row.hash,
      oldRoot: BigInt(row.old_root),
      data: row.data,
      signedOps: row.signed_ops,
    };
  }
}
