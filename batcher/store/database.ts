import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { MillraceError } from '../../protocol/error.ts';

/** Raised with every change of {@link SCHEMA}; a store of another version is refused. */
export const SCHEMA_VERSION = 3;

/**
 * One SQLite file that one process holds: write-ahead log, and every commit on disk before it returns
 * (`synchronous=FULL`). The exclusive lock is the kernel's, so it goes with the process, however that ends.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * @param path the file; it is made, with `schema`, if it is missing
   * @throws {MillraceError} `refused/store-in-use`, `refused/store-version`, `internal/store-unusable`
   */
  constructor(path: string, schema: string) {
    let opened: DatabaseSync | undefined;
    try {
      opened = new DatabaseSync(path);
      this.#db = opened;
      this.#db.exec(
        'PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON',
      );
      this.transaction(() => this.#bringUp(path, schema));
    } catch (cause) {
      opened?.close();
      if (cause instanceof MillraceError) throw cause;
      if (/locked|busy/i.test(String(cause))) {
        throw new MillraceError('refused', 'store-in-use', 'Another process has this store open', {
          details: { path },
          fix: 'Stop the other node, or give this one a data folder of its own.',
          cause,
        });
      }
      throw new MillraceError('internal', 'store-unusable', 'The store cannot be opened', {
        details: { path, reason: String(cause) },
        fix: 'Check the path, its permissions and the free space.',
        cause,
      });
    }
  }

  /** Runs one statement. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** The first row. `Row` is for the caller to match with the columns that `sql` names. */
  one<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** The single value of a query that always has one row, such as a count. */
  number(sql: string, ...values: SQLInputValue[]): number {
    const row = this.one<Record<string, number>>(sql, ...values) ?? {};
    return Object.values(row)[0] ?? 0;
  }

  /** Runs `work` in one transaction, or as part of the one that is open. All of it is on disk when this returns. */
  transaction<T>(work: () => T): T {
    if (this.#db.isTransaction) return work();
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Gives the lock back. Closing again does nothing. */
  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #bringUp(path: string, schema: string): void {
    const { user_version: version } = this.#db.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (version === 0) this.#db.exec(`${schema}; PRAGMA user_version=${SCHEMA_VERSION}`);
    else if (version !== SCHEMA_VERSION) {
      throw new MillraceError('refused', 'store-version', 'This store was written by another version', {
        details: { path, expected: SCHEMA_VERSION, found: version },
        fix: 'Use the version of Millrace that wrote it, or restore into a new data folder.',
      });
    }
  }
}
