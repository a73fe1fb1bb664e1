import type { BlobBatch } from '../protocol/blob/binding.ts';
import type { L1Elements, L1Op } from '../protocol/l1-ops.ts';
import type { Groth16Proof } from '../prover/proof.ts';

/**
 * What the aggregator needs from the node's durable store. The batcher's store implements all three
 * interfaces; the aggregator knows no more of it. Every method is synchronous and atomic, and what it
 * wrote is on disk when it returns.
 */

/** A place on L1: a log's block and transaction. */
export interface L1Location {
  readonly blockNumber: number;
  /** 0x + 64 hex. A block is known by its hash; the number alone says nothing after a reorg. */
  readonly blockHash: string;
  /** 0x + 64 hex. */
  readonly transactionHash: string;
}

/** How far a follower of L1 events has read: every block up to and including this one. */
export interface L1Cursor {
  readonly blockNumber: number;
  readonly blockHash: string;
}

// ---------------------------------------------------------------------------------------------------
// L1 queue

/** One entry of the contract's queue, checked: `op` is the meaning of `elements`, and all fields are in range. */
export interface QueuedL1Op {
  /** Position in the contract's queue, from 0, without gaps. */
  readonly id: number;
  /** The three elements of docs/protocol.md section 2.2, each below 2^248. */
  readonly elements: L1Elements;
  readonly op: L1Op;
  /** L1 block time at which it was queued, seconds. */
  readonly timestamp: number;
  readonly location: L1Location;
}

/** Keeps the L1 ops that the queue watcher reads. */
export interface L1OpSink {
  /** Where the watcher goes on; undefined before its first step. */
  l1QueueCursor(): L1Cursor | undefined;
  /** Number of ops kept, which is the id of the next one. */
  l1OpCount(): number;
  /** The op with this id; undefined if it is not below `l1OpCount()`. */
  l1Op(id: number): QueuedL1Op | undefined;
  /**
   * Keeps `ops` (ids contiguous from `l1OpCount()`; may be empty) and moves the cursor, in one transaction.
   * @param caughtUp false if there are further blocks to read: what a reorg undid is built again only when all are read
   */
  appendL1Ops(ops: readonly QueuedL1Op[], cursor: L1Cursor, caughtUp: boolean): void;
  /**
   * A reorg took ops away: forgets all with `id >= count` and sets the cursor, in one transaction. What was
   * built on them (sealed batches that hold them, and all later ones) has to be undone by the store; the
   * signed ops in those batches are pending again.
   */
  rewindL1Ops(count: number, cursor: L1Cursor): void;
}

// ---------------------------------------------------------------------------------------------------
// Batches

/** A batch with a proof that was verified against its shape's key. */
export interface ProvenBatch {
  /** From 1, without gaps. */
  readonly number: number;
  /** Name of the shape (`protocol/shape.ts`). */
  readonly shape: string;
  /** Id of the artifact manifest whose key the proof was made with. */
  readonly manifestId: string;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  /** `C`, the hash of the public-data vector. */
  readonly c: bigint;
  /** Of the proof, as docs/protocol.md sections 3.2 and 3.5 have them. */
  readonly publicSignals: readonly [bigint, bigint, bigint];
  /** Its calldata: those of docs/protocol.md section 3.3, or 3.5 if it is in a blob. */
  readonly data: Uint8Array;
  readonly proof: Groth16Proof;
  /** The blob that the rest of its data is in, if there is one. */
  readonly blob?: SharedBlob | undefined;
}

/** A blob, and the batches that share it: all from `first` to `last`. They have to be in one call. */
export interface SharedBlob {
  readonly first: number;
  readonly last: number;
  /** 0x + 64 hex. */
  readonly versionedHash: string;
}

/** Keeps the batches. Status of one, as far as the aggregator moves it: proven -> submitted -> finalized. */
export interface BatchSource {
  /** The batches `first`, `first + 1`, ... that have a proof (proven or submitted), up to the first without one, at most `limit`. */
  provenBatches(first: number, limit: number): readonly ProvenBatch[];
  /** What the batches `first..last`, which share a blob, put into it, ascending. */
  blobParts(first: number, last: number): readonly BlobBatch[];
  /** State root after batch `number` (0: the genesis root); undefined if there is no such batch. */
  rootAfter(number: number): bigint | undefined;

  /** Number of the newest batch kept as finalized; 0 if none. */
  finalizedNumber(): number;
  /** Where a batch was finalized; undefined if it is not kept as finalized. */
  finalizedAt(number: number): L1Location | undefined;
  /** Where the finality follower goes on; undefined before its first step. */
  finalityCursor(): L1Cursor | undefined;

  /** The batches `first..last` are in a transaction that was signed and saved. Idempotent. */
  markSubmitted(first: number, last: number): void;
  /** The batches `first..last` are not on their way after all (the transaction failed): submitted -> proven. Idempotent. */
  markNotSubmitted(first: number, last: number): void;
  /** L1 finalized these batches (contiguous from `finalizedNumber() + 1`; may be empty); moves the cursor too, in one transaction. */
  markFinalized(batches: readonly { number: number; location: L1Location }[], cursor: L1Cursor): void;
  /** A reorg took finalized batches away: those above `number` are proven again; sets the cursor too, in one transaction. */
  revertFinalized(number: number, cursor: L1Cursor): void;
  /** L1 does not accept the proof of this batch: it is sealed again, without a proof, and has to be proved anew. */
  refuseProof(number: number, reason: string): void;
  /**
   * The proofs of this batch and of those after it in its blob are for another blob than theirs: they share blobs anew, without proofs.
   * Nothing happens if it is in no blob.
   */
  shareBlobAnew(number: number): void;
  /**
   * L1 does not accept this batch because it leaves an overdue L1 op behind: it and all later ones are undone and built
   * again, first with the L1 ops that wait.
   * @returns false if nothing was changed: the store knows no L1 op that waits behind this batch
   */
  takeOverdueL1(number: number): boolean;
}

// ---------------------------------------------------------------------------------------------------
// Transactions

/** A signed L1 transaction as it is saved before it is sent. */
export interface SignedTransaction {
  /** Address of the sender, checksummed. */
  readonly from: string;
  readonly nonce: number;
  /** 0x + 64 hex; unique. */
  readonly hash: string;
  /** The raw transaction, 0x hex. */
  readonly raw: string;
  /** What it is for, e.g. `batches 3..7`. For people and logs. */
  readonly purpose: string;
  /** Wei per gas. */
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly gasLimit: bigint;
}

/**
 * Keeps signed transactions. Several may share a nonce (replacements by fee): L1 mines at most one of them.
 * Which ones are done with is not kept: L1's count of the sender's transactions says it, also after a reorg.
 */
export interface TransactionJournal {
  /** Saves a signed transaction; durable before it returns. Saving the same hash again changes nothing. */
  saveTransaction(transaction: SignedTransaction): void;
  /** All of this sender's transactions with `nonce >= fromNonce`, by nonce, then in the order of saving. */
  transactionsFrom(from: string, fromNonce: number): readonly SignedTransaction[];
}
