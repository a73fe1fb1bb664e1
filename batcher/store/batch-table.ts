import { gunzipSync, gzipSync } from 'node:zlib';
import type { L1Location } from '../../aggregator/ports.ts';
import type { L1Result } from '../../protocol/l1-ops.ts';
import type { Payout } from '../../protocol/payouts.ts';
import type { DataPlace } from '../../protocol/shape.ts';
import type { SealedBatch } from '../../protocol/transition.ts';
import type { CircuitInput } from '../../prover/witness-input.ts';
import { fromJson, toJson } from './big-json.ts';
import type { Database } from './database.ts';

/** `planned`: ops take their places in it; `sealed`: closed; then proven, sent to L1, and final there. */
export type BatchStatus = 'planned' | 'sealed' | 'proven' | 'submitted' | 'finalized';

/** A batch that is not sealed. The newest one is open; others wait for the L1 queue to be read again after a reorg. */
export interface PlannedBatch {
  readonly number: number;
  /** It holds the L1 ops `l1First <= id < l1End`. */
  readonly l1First: number;
  readonly l1End: number;
  /** L2 address whose accounts take the fees; undefined if no fees are taken. */
  readonly feeKeyHash: bigint | undefined;
  /** Where its data go on L1. */
  readonly dataPlace: DataPlace;
  /** When the first op took its place, milliseconds since the epoch. */
  readonly openedAt: number;
  /** True if it was sealed once and a reorg undid that: it takes no new ops. */
  readonly closed: boolean;
}

/** Of the batch circuit, each below r. */
export type PublicSignals = readonly [bigint, bigint, bigint];

/** A sealed batch without its big parts. Times are milliseconds since the epoch. */
export interface BatchRecord {
  readonly number: number;
  readonly status: Exclude<BatchStatus, 'planned'>;
  readonly l1First: number;
  readonly l1End: number;
  readonly shape: string;
  readonly shapeId: number;
  readonly signedOps: number;
  /** Distinct accounts touched. */
  readonly accounts: number;
  /** The next index after the batch. */
  readonly accountCount: number;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  /** Hash of the public-data vector. */
  readonly c: bigint;
  /** What a proof of the batch speaks of; undefined while it waits for its blob. */
  readonly publicSignals: PublicSignals | undefined;
  readonly dataPlace: DataPlace;
  readonly openedAt: number;
  readonly sealedAt: number;
  /** Milliseconds that sealing took. */
  readonly sealMs: number;
  readonly submittedAt: number | undefined;
  readonly finalizedAt: number | undefined;
}

interface RecordRow {
  number: number;
  status: Exclude<BatchStatus, 'planned'>;
  l1_first: number;
  l1_end: number;
  opened_at: number;
  submitted_at: number | null;
  finalized_at: number | null;
  shape: string;
  shape_id: number;
  signed_ops: number;
  accounts: number;
  account_count: number;
  old_root: string;
  new_root: string;
  c: string;
  public_signals: string | null;
  data_place: DataPlace;
  sealed_at: number;
  seal_ms: number;
}

const RECORD = `SELECT number, status, l1_first, l1_end, opened_at, submitted_at, finalized_at, shape, shape_id,
  signed_ops, accounts, account_count, old_root, new_root, c, public_signals, data_place, sealed_at, seal_ms
  FROM batches JOIN seals ON batch = number`;

/** The batches from their first op on: see {@link SCHEMA} for how a batch's rows grow with its status. */
export class BatchTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Batches that are not sealed, ascending. */
  planned(): PlannedBatch[] {
    const rows = this.#db.all<{
      number: number;
      l1_first: number;
      l1_end: number;
      fee_key_hash: string | null;
      data_place: DataPlace;
      opened_at: number;
      closed: number;
    }>("SELECT * FROM batches WHERE status = 'planned' ORDER BY number");
    return rows.map(({ number, l1_first, l1_end, fee_key_hash, data_place, opened_at, closed }) => ({
      number,
      l1First: l1_first,
      l1End: l1_end,
      feeKeyHash: fee_key_hash === null ? undefined : BigInt(fee_key_hash),
      dataPlace: data_place,
      openedAt: opened_at,
      closed: closed === 1,
    }));
  }

  /** Keeps a planned batch, or what has changed of it. */
  plan({ number, l1First, l1End, feeKeyHash, dataPlace, openedAt }: Omit<PlannedBatch, 'closed'>): void {
    this.#db.run(
      `INSERT INTO batches (number, status, l1_first, l1_end, fee_key_hash, data_place, opened_at)
       VALUES (?, 'planned', ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET l1_end = excluded.l1_end`,
      number,
      l1First,
      l1End,
      feeKeyHash === undefined ? null : String(feeKeyHash),
      dataPlace,
      openedAt,
    );
  }

  /** Forgets the planned batches; no op may be in them any more. */
  forgetPlanned(): void {
    this.#db.run("DELETE FROM batches WHERE status = 'planned'");
  }

  /**
   * planned -> sealed.
   * @param data calldata of the batch
   * @param publicSignals undefined where they come with the batch's blob ({@link BatchTable.setPublicSignals})
   * @param accounts distinct accounts touched
   * @param sealMs milliseconds that sealing took
   */
  seal(
    sealed: SealedBatch,
    { data, publicSignals }: { data: Uint8Array; publicSignals: PublicSignals | undefined },
    { signedOps, accounts, sealMs }: { signedOps: number; accounts: number; sealMs: number },
  ): void {
    const { number, shape, shapeId, accountCountAfter, oldRoot, newRoot, c } = sealed;
    this.#db.run(
      'INSERT INTO seals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      number,
      shape,
      shapeId,
      signedOps,
      accounts,
      accountCountAfter,
      String(oldRoot),
      String(newRoot),
      String(c),
      publicSignals === undefined ? null : signalsToJson(publicSignals),
      data,
      toJson(sealed.l1Results),
      toJson(sealed.payouts),
      gzipSync(JSON.stringify(sealed.witness), { level: 1 }),
      Date.now(),
      sealMs,
    );
    this.#db.run("UPDATE batches SET status = 'sealed', closed = 1 WHERE number = ?", number);
  }

  /** What a proof of this sealed batch has to speak of; undefined while it waits for its blob. */
  setPublicSignals(number: number, signals: PublicSignals | undefined): void {
    const json = signals === undefined ? null : signalsToJson(signals);
    this.#db.run('UPDATE seals SET public_signals = ? WHERE batch = ?', json, number);
  }

  /** Makes this batch and all later ones planned again; the caller has undone their account changes. */
  unsealFrom(number: number): void {
    this.#db.run('DELETE FROM seals WHERE batch >= ?', number);
    this.#db.run(
      "UPDATE batches SET status = 'planned', submitted_at = NULL, finalized_at = NULL WHERE number >= ?",
      number,
    );
  }

  /** Lets a planned batch hold the L1 ops below `l1End`. */
  setL1End(number: number, l1End: number): void {
    this.#db.run("UPDATE batches SET l1_end = ? WHERE number = ? AND status = 'planned'", l1End, number);
  }

  /** Number of the newest sealed batch; 0 if none. */
  lastSealed(): number {
    return this.#db.number('SELECT coalesce(max(batch), 0) FROM seals');
  }

  /** Number of the newest finalized batch; 0 if none. */
  lastFinalized(): number {
    return this.#db.number('SELECT coalesce(max(batch), 0) FROM finalizations');
  }

  /** Number of the first batch that holds an L1 op with `id >= count`. */
  firstWithL1From(count: number): number | undefined {
    return this.#db.one<{ number: number }>(
      'SELECT number FROM batches WHERE l1_end > ? ORDER BY number LIMIT 1',
      count,
    )?.number;
  }

  /** The batch that took this L1 op, if it is sealed. */
  holderOfL1(id: number): BatchRecord | undefined {
    const row = this.#db.one<RecordRow>(`${RECORD} WHERE l1_end > ? ORDER BY number LIMIT 1`, id);
    return row !== undefined && row.l1_first <= id ? fromRow(row) : undefined;
  }

  /** A sealed batch. */
  get(number: number): BatchRecord | undefined {
    const row = this.#db.one<RecordRow>(`${RECORD} WHERE number = ?`, number);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Numbers of the sealed batches without a proof, ascending. */
  unproven(): number[] {
    return this.#db
      .all<{ number: number }>("SELECT number FROM batches WHERE status = 'sealed' ORDER BY number")
      .map(({ number }) => number);
  }

  /** Names of the shapes of sealed batches that are not final. */
  shapesInWork(): string[] {
    return this.#db
      .all<{ shape: string }>(
        "SELECT DISTINCT shape FROM batches JOIN seals ON batch = number WHERE status <> 'finalized'",
      )
      .map(({ shape }) => shape);
  }

  /** Batches and their signed ops by status; ops of planned batches are not counted here. */
  counts(): { status: BatchStatus; batches: number; signedOps: number }[] {
    return this.#db.all(
      `SELECT status, count(*) AS batches, coalesce(sum(signed_ops), 0) AS signedOps
       FROM batches LEFT JOIN seals ON batch = number GROUP BY status`,
    );
  }

  /** Moves the batches `first..last` to a status. */
  setStatus(first: number, last: number, status: BatchStatus, only?: BatchStatus): void {
    this.#db.run(
      'UPDATE batches SET status = ?1 WHERE number BETWEEN ?2 AND ?3 AND (?4 IS NULL OR status = ?4)',
      status,
      first,
      last,
      only ?? null,
    );
  }

  setSubmittedAt(first: number, last: number, at: number | null): void {
    this.#db.run('UPDATE batches SET submitted_at = ? WHERE number BETWEEN ? AND ?', at, first, last);
  }

  setFinalizedAt(number: number, at: number | null): void {
    this.#db.run('UPDATE batches SET finalized_at = ? WHERE number = ?', at, number);
  }

  data(number: number): Uint8Array | undefined {
    return this.#db.one<{ data: Uint8Array }>('SELECT data FROM seals WHERE batch = ?', number)?.data;
  }

  payouts(number: number): Payout[] | undefined {
    const row = this.#db.one<{ payouts: string }>('SELECT payouts FROM seals WHERE batch = ?', number);
    return row === undefined ? undefined : (fromJson(row.payouts) as Payout[]);
  }

  l1Results(number: number): L1Result[] | undefined {
    const row = this.#db.one<{ l1_results: string }>('SELECT l1_results FROM seals WHERE batch = ?', number);
    return row === undefined ? undefined : (fromJson(row.l1_results) as L1Result[]);
  }

  /** The circuit's input. */
  witness(number: number): CircuitInput | undefined {
    const row = this.#db.one<{ witness: Uint8Array }>('SELECT witness FROM seals WHERE batch = ?', number);
    return row === undefined
      ? undefined
      : (JSON.parse(gunzipSync(row.witness).toString('utf8')) as CircuitInput);
  }

  addFinalization(number: number, { blockNumber, blockHash, transactionHash }: L1Location): void {
    this.#db.run(
      'INSERT INTO finalizations VALUES (?, ?, ?, ?)',
      number,
      blockNumber,
      blockHash,
      transactionHash,
    );
  }

  dropFinalizationsAbove(number: number): void {
    this.#db.run('DELETE FROM finalizations WHERE batch > ?', number);
  }

  finalization(number: number): L1Location | undefined {
    const row = this.#db.one<{ block_number: number; block_hash: string; transaction_hash: string }>(
      'SELECT * FROM finalizations WHERE batch = ?',
      number,
    );
    if (row === undefined) return undefined;
    return {
      blockNumber: row.block_number,
      blockHash: row.block_hash,
      transactionHash: row.transaction_hash,
    };
  }
}

function fromRow(row: RecordRow): BatchRecord {
  const { number, status, shape, accounts } = row;
  return {
    number,
    status,
    l1First: row.l1_first,
    l1End: row.l1_end,
    shape,
    shapeId: row.shape_id,
    signedOps: row.signed_ops,
    accounts,
    accountCount: row.account_count,
    oldRoot: BigInt(row.old_root),
    newRoot: BigInt(row.new_root),
    c: BigInt(row.c),
    publicSignals: row.public_signals === null ? undefined : signalsFromJson(row.public_signals),
    dataPlace: row.data_place,
    openedAt: row.opened_at,
    sealedAt: row.sealed_at,
    sealMs: row.seal_ms,
    submittedAt: row.submitted_at ?? undefined,
    finalizedAt: row.finalized_at ?? undefined,
  };
}

function signalsToJson(signals: PublicSignals): string {
  return JSON.stringify(signals.map(String));
}

function signalsFromJson(json: string): PublicSignals {
  const [first, second, third] = (JSON.parse(json) as string[]).map(BigInt);
  return [first!, second!, third!];
}
