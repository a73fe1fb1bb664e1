import type { SignedTransaction, TransactionJournal } from '../../aggregator/ports.ts';
import type { Database } from './database.ts';

interface Row {
  hash: string;
  sender: string;
  nonce: number;
  raw: string;
  purpose: string;
  max_fee_per_gas: string;
  max_priority_fee_per_gas: string;
  gas_limit: string;
}

/** L1 transactions, saved before they are sent. */
export class TransactionTable implements TransactionJournal {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  saveTransaction(transaction: SignedTransaction): void {
    const { hash, from, nonce, raw, purpose, maxFeePerGas, maxPriorityFeePerGas, gasLimit } = transaction;
    this.#db.run(
      `INSERT OR IGNORE INTO transactions (hash, sender, nonce, raw, purpose, max_fee_per_gas,
         max_priority_fee_per_gas, gas_limit, saved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      hash,
      from,
      nonce,
      raw,
      purpose,
      String(maxFeePerGas),
      String(maxPriorityFeePerGas),
      String(gasLimit),
      Date.now(),
    );
  }

  transactionsFrom(from: string, fromNonce: number): readonly SignedTransaction[] {
    const rows = this.#db.all<Row>(
      'SELECT * FROM transactions WHERE sender = ? AND nonce >= ? ORDER BY nonce, place',
      from,
      fromNonce,
    );
    return rows.map((row) => ({
      from: row.sender,
      nonce: row.nonce,
      hash: row.hash,
      raw: row.raw,
      purpose: row.purpose,
      maxFeePerGas: BigInt(row.max_fee_per_gas),
      maxPriorityFeePerGas: BigInt(row.max_priority_fee_per_gas),
      gasLimit: BigInt(row.gas_limit),
    }));
  }
}
