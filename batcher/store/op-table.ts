import { type SignedOp, signedOpSchema, signedOpToJson } from '../../protocol/ops.ts';
import type { BatchStatus } from './batch-table.ts';
import type { Database } from './database.ts';

/** Where an op has its place. */
export interface Placement {
  readonly batch: number;
  /** Place among the batch's signed ops. */
  readonly position: number;
  /** The account that is paid: for a TransferToNew the one that it creates; undefined for a Withdraw. */
  readonly toIndex: number | undefined;
  /** L2 address of that account's holder. */
  readonly toKeyHash: bigint | undefined;
}

/** Why an admitted op is in no batch after all. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** `pending`: admitted, its batch is not sealed yet; then its batch's status; `rejected`: it is in no batch. */
export type OpStatus = 'pending' | Exclude<BatchStatus, 'planned'> | 'rejected';

export interface StoredOp {
  readonly id: string;
  readonly signed: SignedOp;
  readonly status: OpStatus;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Undefined if the op was rejected. */
  readonly placement: Placement | undefined;
  readonly rejection: Rejection | undefined;
}

interface Row {
  id: string;
  signed: string;
  received_at: number;
  batch: number | null;
  position: number | null;
  to_index: number | null;
  to_key_hash: string | null;
  rejection: string | null;
  batch_status: BatchStatus | null;
}

const SELECT = 'SELECT ops.*, batches.status AS batch_status FROM ops LEFT JOIN batches ON number = batch';

/** The signed ops in the order of their admission. */
export class OpTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(id: string): StoredOp | undefined {
    const row = this.#db.one<Row>(`${SELECT} WHERE id = ?`, id);
    return row === undefined ? undefined : fromRow(row);
  }

  /** The ops of a batch in order. */
  ofBatch(batch: number): StoredOp[] {
    return this.#db.all<Row>(`${SELECT} WHERE batch = ? ORDER BY seq`, batch).map(fromRow);
  }

  /** Ops whose batch is not sealed yet. */
  pendingCount(): number {
    return this.#db.number(
      "SELECT count(*) FROM ops WHERE batch IN (SELECT number FROM batches WHERE status = 'planned')",
    );
  }

  rejectedCount(): number {
    return this.#db.number('SELECT count(*) FROM ops WHERE batch IS NULL');
  }

  /** Adds an op at the end; one that was rejected before gets a new place there. */
  append(id: string, signed: SignedOp, receivedAt: number, placement: Placement): void {
    this.#db.run('DELETE FROM ops WHERE id = ? AND rejection IS NOT NULL', id);
    this.#db.run(
      `INSERT INTO ops (id, signed, received_at, batch, position, to_index, to_key_hash)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      id,
      JSON.stringify(signedOpToJson(signed)),
      receivedAt,
      ...placementColumns(placement),
    );
  }

  /** Gives an op another place without changing the order. */
  replace(id: string, placement: Placement): void {
    this.#db.run(
      'UPDATE ops SET batch = ?, position = ?, to_index = ?, to_key_hash = ? WHERE id = ?',
      ...placementColumns(placement),
      id,
    );
  }

  /** Takes the ops of this batch and of all later ones out of their batches, for each to be placed again or rejected. */
  takeOutFrom(batch: number): void {
    this.#db.run('UPDATE ops SET batch = NULL, position = NULL WHERE batch >= ?', batch);
  }

  reject(id: string, rejection: Rejection): void {
    this.#db.run(
      'UPDATE ops SET batch = NULL, position = NULL, rejection = ? WHERE id = ?',
      JSON.stringify(rejection),
      id,
    );
  }
}

function placementColumns({ batch, position, toIndex, toKeyHash }: Placement) {
  return [batch, position, toIndex ?? null, toKeyHash === undefined ? null : String(toKeyHash)] as const;
}

function opStatus(batchStatus: BatchStatus | null): OpStatus {
  if (batchStatus === null) return 'rejected';
  return batchStatus === 'planned' ? 'pending' : batchStatus;
}

function fromRow(row: Row): StoredOp {
  const { id, batch, position, to_index, to_key_hash, rejection } = row;
  return {
    id,
    signed: signedOpSchema.parse(JSON.parse(row.signed)),
    status: opStatus(row.batch_status),
    receivedAt: row.received_at,
    placement:
      batch === null || position === null
        ? undefined
        : {
            batch,
            position,
            toIndex: to_index ?? undefined,
            toKeyHash: to_key_hash === null ? undefined : BigInt(to_key_hash),
          },
    rejection: rejection === null ? undefined : (JSON.parse(rejection) as Rejection),
  };
}
