import type { Account } from '../../protocol/account.ts';
import type { AccountChange } from '../../protocol/state.ts';
import type { Database } from './database.ts';

interface Row {
  account: number;
  key_hash: string;
  token: number;
  nonce: number;
  balance: string;
}

/** The accounts as of the last sealed batch, and what takes each batch's changes back. */
export class AccountTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** All accounts, ascending. */
  all(): [index: number, account: Account][] {
    return this.#db.all<Row>('SELECT * FROM accounts ORDER BY account').map(fromRow);
  }

  /** The accounts of an L2 address, of one token or of all, ascending. */
  ofHolder(keyHash: bigint, token?: number): [index: number, account: Account][] {
    return this.#db
      .all<Row>(
        'SELECT * FROM accounts WHERE key_hash = ?1 AND (?2 IS NULL OR token = ?2) ORDER BY account',
        String(keyHash),
        token ?? null,
      )
      .map(fromRow);
  }

  /** Applies a sealed batch. */
  apply(batch: number, changes: readonly AccountChange[]): void {
    for (const { index, before, after } of changes) {
      this.#db.run(
        'INSERT INTO account_changes VALUES (?, ?, ?, ?)',
        batch,
        index,
        before?.nonce ?? null,
        before === undefined ? null : String(before.balance),
      );
      this.#db.run(
        'INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?)',
        index,
        String(after.keyHash),
        after.token,
        after.nonce,
        String(after.balance),
      );
    }
  }

  /** Takes back the changes of this batch and of all later ones; their seals go after. */
  undoFrom(batch: number): void {
    const changes = this.#db.all<{ account: number; nonce: number | null; balance: string | null }>(
      'SELECT account, nonce, balance FROM account_changes WHERE batch >= ? ORDER BY batch DESC',
      batch,
    );
    for (const { account, nonce, balance } of changes) {
      // A holder and a token never change.
      if (nonce === null) this.#db.run('DELETE FROM accounts WHERE account = ?', account);
      else
        this.#db.run('UPDATE accounts SET nonce = ?, balance = ? WHERE account = ?', nonce, balance, account);
    }
  }
}

function fromRow({ account, key_hash, token, nonce, balance }: Row): [number, Account] {
  return [account, { keyHash: BigInt(key_hash), token, nonce, balance: BigInt(balance) }];
}
