import type { BlobBatch } from '../../protocol/blob/binding.ts';
import type { Database } from './database.ts';

/** Batches that share a blob: all from `first` to `last`. */
export interface StoredBlob {
  readonly first: number;
  readonly last: number;
  /** 0x + 64 hex. */
  readonly versionedHash: string;
}

/** What a batch that waits for its blob will take up. */
export interface WaitingPart {
  readonly number: number;
  /** Name of its shape. */
  readonly shape: string;
  /** Of its calldata. */
  readonly bytes: number;
  /** Of the blob, 4096 in all. */
  readonly coefficients: number;
}

interface PartRow {
  c: string;
  shape_id: number;
  data: Uint8Array;
  visible: string;
  hidden: string;
}

/** The parts of blobs that sealed batches have, and which of them share one. Both go with the batches' seals. */
export class BlobTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Keeps what a sealed batch puts into a blob. */
  addPart(batch: number, { visible, hidden }: Pick<BlobBatch, 'visible' | 'hidden'>): void {
    this.#db.run(
      'INSERT INTO blob_parts VALUES (?, ?, ?, NULL)',
      batch,
      JSON.stringify(visible.map(String)),
      JSON.stringify(hidden.map(String)),
    );
  }

  /** The parts of the batches `first..last` that have one, ascending. */
  parts(first: number, last: number): BlobBatch[] {
    return this.#db
      .all<PartRow>(
        `SELECT c, shape_id, data, visible, hidden FROM blob_parts JOIN seals USING (batch)
         WHERE batch BETWEEN ? AND ? ORDER BY batch`,
        first,
        last,
      )
      .map(({ c, shape_id, data, visible, hidden }) => ({
        c: BigInt(c),
        shapeId: shape_id,
        data,
        visible: elements(visible),
        hidden: elements(hidden),
      }));
  }

  /** Sealed batches with a part that is in no blob yet, ascending. */
  waiting(): WaitingPart[] {
    return this.#db.all(
      `SELECT batch AS number, shape, length(data) AS bytes, json_array_length(hidden) AS coefficients
       FROM blob_parts JOIN seals USING (batch) WHERE blob IS NULL ORDER BY batch`,
    );
  }

  /** The batches `first..last`, each with a part, share a blob from now on. */
  add({ first, last, versionedHash }: StoredBlob): void {
    this.#db.run('INSERT INTO blobs VALUES (?, ?, ?)', first, last, versionedHash);
    this.#db.run('UPDATE blob_parts SET blob = ? WHERE batch BETWEEN ? AND ?', first, first, last);
  }

  /** This batch and those after it in its blob wait for another; those before it stay in it. */
  releaseFrom(batch: number): void {
    const blob = this.of(batch);
    if (blob === undefined) return;
    this.#db.run('UPDATE blob_parts SET blob = NULL WHERE batch BETWEEN ? AND ?', batch, blob.last);
    if (blob.first === batch) this.#db.run('DELETE FROM blobs WHERE first = ?', batch);
    else this.#db.run('UPDATE blobs SET last = ? WHERE first = ?', batch - 1, blob.first);
  }

  /** The blob that this batch is in. */
  of(batch: number): StoredBlob | undefined {
    const row = this.#db.one<{ first: number; last: number; versioned_hash: string }>(
      'SELECT first, last, versioned_hash FROM blobs WHERE first <= ? ORDER BY first DESC LIMIT 1',
      batch,
    );
    return row === undefined || row.last < batch
      ? undefined
      : { first: row.first, last: row.last, versionedHash: row.versioned_hash };
  }
}

function elements(json: string): bigint[] {
  return (JSON.parse(json) as string[]).map(BigInt);
}
