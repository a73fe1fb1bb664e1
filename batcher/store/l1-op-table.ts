import type { QueuedL1Op } from '../../aggregator/ports.ts';
import { MillraceError } from '../../protocol/error.ts';
import { decodeL1Op, type L1Elements } from '../../protocol/l1-ops.ts';
import type { Database } from './database.ts';

interface Row {
  id: number;
  e0: string;
  e1: string;
  e2: string;
  timestamp: number;
  block_number: number;
  block_hash: string;
  transaction_hash: string;
}

/** The contract's queue as far as it was read. */
export class L1OpTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Number of ops kept, which is the id of the next one. */
  count(): number {
    return this.#db.number('SELECT coalesce(max(id) + 1, 0) FROM l1_ops');
  }

  get(id: number): QueuedL1Op | undefined {
    const row = this.#db.one<Row>('SELECT * FROM l1_ops WHERE id = ?', id);
    if (row === undefined) return undefined;
    const elements: L1Elements = [BigInt(row.e0), BigInt(row.e1), BigInt(row.e2)];
    const { timestamp, block_number: blockNumber, block_hash: blockHash } = row;
    const location = { blockNumber, blockHash, transactionHash: row.transaction_hash };
    return { id, elements, op: decodeL1Op(elements), timestamp, location };
  }

  /** @throws {MillraceError} `internal/l1-queue-gap` */
  append(ops: readonly QueuedL1Op[]): void {
    let next = this.count();
    for (const { id, elements, timestamp, location } of ops) {
      if (id !== next) {
        throw new MillraceError('internal', 'l1-queue-gap', 'The L1 queue is kept without gaps', {
          details: { expected: next, found: id },
        });
      }
      const [e0, e1, e2] = elements.map(String) as [string, string, string];
      const { blockNumber, blockHash, transactionHash } = location;
      this.#db.run(
        'INSERT INTO l1_ops VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        id,
        e0,
        e1,
        e2,
        timestamp,
        blockNumber,
        blockHash,
        transactionHash,
      );
      next += 1;
    }
  }

  /** Forgets all with `id >= count`. */
  truncate(count: number): void {
    this.#db.run('DELETE FROM l1_ops WHERE id >= ?', count);
  }
}
