import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../protocol/error.ts';
import { AccountTable } from './store/account-table.ts';
import { BatchTable } from './store/batch-table.ts';
import { BlobTable } from './store/blob-table.ts';
import { Database } from './store/database.ts';
import { L1OpTable } from './store/l1-op-table.ts';
import { MetaTable, type RollupIdentity } from './store/meta-table.ts';
import { OpTable } from './store/op-table.ts';
import { ProofTable } from './store/proof-table.ts';
import { SCHEMA } from './store/schema.ts';
import { TransactionTable } from './store/transaction-table.ts';

/** File name of the store in the data folder. */
export const STORE_FILE = 'millrace.sqlite';

/**
 * The one durable truth of a node: admitted ops, the L1 queue, batches, proofs, accounts and signed L1
 * transactions. What a method or a {@link Store.transaction} wrote is on disk when it returns. One process at a time.
 */
export class Store {
  readonly identity: RollupIdentity;
  readonly meta: MetaTable;
  readonly ops: OpTable;
  readonly l1Ops: L1OpTable;
  readonly batches: BatchTable;
  readonly blobs: BlobTable;
  readonly proofs: ProofTable;
  readonly accounts: AccountTable;
  readonly transactions: TransactionTable;
  readonly #db: Database;

  private constructor(db: Database, identity: RollupIdentity) {
    this.identity = identity;
    this.#db = db;
    this.meta = new MetaTable(db);
    this.ops = new OpTable(db);
    this.l1Ops = new L1OpTable(db);
    this.batches = new BatchTable(db);
    this.blobs = new BlobTable(db);
    this.proofs = new ProofTable(db);
    this.accounts = new AccountTable(db);
    this.transactions = new TransactionTable(db);
  }

  /**
   * Opens the store of a rollup, or makes it.
   * @param folder the data folder; made, for this user alone, if it is missing
   * @throws {MillraceError} `refused/store-in-use`, `refused/store-version`, `refused/other-rollup`,
   *   `internal/store-unusable`
   */
  static open(folder: string, identity: RollupIdentity): Store {
    const path = join(folder, STORE_FILE);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new MillraceError('internal', 'store-unusable', 'The data folder cannot be made', {
        details: { path: folder, reason: String(cause) },
        fix: 'Check the path and its permissions.',
        cause,
      });
    }
    const db = new Database(path, SCHEMA);
    try {
      // Signed transactions and who pays whom are nobody else's business.
      chmodSync(path, 0o600);
      const store = new Store(db, identity);
      store.meta.bind(identity);
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
}
