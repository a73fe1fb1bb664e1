import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Account } from '../protocol/account.ts';
import { MillraceError } from '../protocol/error.ts';
import { refusal } from '../protocol/l2-rules.ts';
import type { SignedOp } from '../protocol/ops.ts';
import { OpenBatch, type OpenBatchOptions } from './open-batch.ts';
import type { Placement, Rejection, StoredOp } from './store/op-table.ts';
import type { Store } from './store.ts';

export interface SequencerEvents {
  /** This batch is sealed and wants a proof. */
  sealed: [number: number];
  /** This batch is not sealed any more. */
  undone: [number: number];
  /** An admitted op is in no batch after all. */
  rejected: [id: string, rejection: Rejection];
  /** L1 ops wait for a place. */
  l1Waiting: [];
}

export interface SequencerOptions extends OpenBatchOptions {
  readonly logger: Logger;
}

/** Accounts that a signed op can touch at most: payer, payee, fee account. */
const ACCOUNTS_OF_SIGNED_OP = 3;

/**
 * The one order of all ops.
 *
 * An op takes its place in the open batch at the moment when it is admitted, and the place is kept: the batch's
 * number with a signed op, a range of L1 queue ids with a batch. So what admission promised (that the op applies,
 * which index a TransferToNew creates) is what sealing does: both are the same draft of the same batch.
 *
 * - A batch applies its L1 ops before its signed ops. So an L1 op that arrives when the open batch has a signed op
 *   waits for the next batch; it can shift no index that was promised.
 * - A batch that has no room left is sealed and the next one opens, first with the L1 ops that wait (as long as they
 *   leave room), then with the op that found no room.
 * - After a restart the planned batch is built again from the places that were kept. Nothing is decided anew, so the
 *   result is the same, to the bit.
 * - When L1 refuses a sealed batch because it leaves an overdue L1 op behind, that batch and all later ones are built
 *   again at once, first with every L1 op that waits: with all of them, or with as many as a batch can take, no batch is
 *   refused for that reason.
 * - Batches that share a blob are undone together: their proofs are for that blob.
 * - When a reorg takes L1 ops away, the batches from the first one that held such an op are undone and stay planned
 *   until the queue has been read again. Then they are built again with the L1 ops that there are by then. A signed op
 *   that does not apply any more is rejected and says why. So is a transfer to an index that now belongs to another
 *   holder: its signature names the index only and would let the payment go astray.
 *
 * Every change is made inside of {@link Sequencer.atomically}: memory never gets ahead of the disk.
 */
export class Sequencer extends EventEmitter<SequencerEvents> {
  readonly #store: Store;
  readonly #options: SequencerOptions;
  #open: OpenBatch;
  /** True if a transaction failed, and memory is to be built again from the disk. */
  #stale = false;
  /** To be told once the transaction is on disk. */
  #news: (() => void)[] = [];

  /**
   * Takes up where the store stands.
   * @throws {MillraceError} `internal/store-damaged`
   */
  constructor(store: Store, options: SequencerOptions) {
    super();
    this.#store = store;
    this.#options = options;
    this.#open = new OpenBatch(store, options);
    store.transaction(() => this.#replay());
  }

  /** The account as the admitted ops leave it. (The fees of the open batch are credited when it is sealed.) */
  account(index: number): Account | undefined {
    return this.#fresh().account(index);
  }

  /** The accounts of an L2 address that the open batch creates. */
  createdFor(keyHash: bigint): [index: number, account: Account][] {
    return this.#fresh().createdFor(keyHash);
  }

  /** The account as of the last sealed batch. */
  sealedAccount(index: number): Account | undefined {
    return this.#fresh().sealedAccount(index);
  }

  /** State root after the last sealed batch, and the next index that the open batch would create. */
  get tip(): { sealedRoot: bigint; accountCount: number } {
    const { sealedRoot, accountCount } = this.#fresh();
    return { sealedRoot, accountCount };
  }

  /** The open batch: what it holds so far and since when (milliseconds since the epoch; undefined while it is empty). */
  get open(): { number: number; l1: number; l2: number; accounts: number; openedAt: number | undefined } {
    const { number, counts, openedAt } = this.#fresh();
    return { number, ...counts, openedAt };
  }

  /** L1 ops that are in no batch yet. */
  get waitingL1(): number {
    return this.#store.l1Ops.count() - this.#fresh().l1End;
  }

  /** False while the L1 queue has to be read again after a reorg: no op is placed and no batch sealed until then. */
  get ready(): boolean {
    return !this.#store.meta.awaitingL1Queue;
  }

  /** @throws {MillraceError} `refused/reorganizing` if it is not {@link Sequencer.ready} */
  assertReady(): void {
    if (this.ready) return;
    throw new MillraceError('refused', 'reorganizing', 'L1 reorganized and its queue is being read again', {
      fix: 'Send the op again in a moment.',
    });
  }

  /**
   * Runs changes in one transaction and tells of them once it is on disk. If it fails, nothing was changed. A listener that
   * throws changes nothing for the caller and the other listeners: it is logged.
   */
  atomically<T>(work: () => T): T {
    this.#fresh();
    let result: T;
    try {
      result = this.#store.transaction(work);
    } catch (error) {
      this.#stale = true;
      throw error;
    }
    const news = this.#news;
    this.#news = [];
    for (const tell of news) tell();
    return result;
  }

  /**
   * Gives a signed op its place; one that is refused gets none and changes nothing for the others.
   * To be called inside of {@link Sequencer.atomically}.
   * @param signed its signature was verified
   * @param receivedAt milliseconds since the epoch
   * @throws {MillraceError} `refused/reorganizing` and what {@link OpenBatch.add} throws
   */
  place(id: string, signed: SignedOp, receivedAt: number): Placement {
    this.assertReady();
    this.#takeL1BeforeSignedOps();
    let placement = this.#open.add(signed);
    if (placement === 'full') {
      this.#seal();
      this.#takeL1BeforeSignedOps();
      placement = this.#addToNewBatch(signed);
    }
    this.#store.ops.append(id, signed, receivedAt, placement);
    if (this.#open.isFull) this.#seal();
    return placement;
  }

  /**
   * One step with the L1 ops that wait: as many as there is room for take their places. If more wait, the batch is
   * sealed; if it has signed ops, only once those that wait would fill a batch by themselves.
   * To be called inside of {@link Sequencer.atomically}.
   * @returns true if there is more to do at once
   */
  takeWaitingL1(): boolean {
    if (!this.ready || this.waitingL1 === 0) return false;
    if (this.#open.counts.l2 > 0) {
      if (this.waitingL1 < this.#open.l1Places) return false;
      this.#seal();
    }
    if (this.#open.takeL1(this.#store.l1Ops.count())) return false;
    this.#seal();
    return true;
  }

  /** Seals the open batch, inside of {@link Sequencer.atomically}. @returns its number; undefined if it has no op */
  seal(): number | undefined {
    return this.ready ? this.#seal() : undefined;
  }

  /**
   * The L1 queue was read; after a reorg the batches that were undone are built again.
   * To be called inside of {@link Sequencer.atomically}, after the ops were kept.
   * @param caughtUp false if more of it is to be read: undone batches wait, else their ops would miss what comes next
   */
  l1QueueRead(caughtUp: boolean): void {
    if (!this.ready && !caughtUp) return;
    if (!this.ready) {
      this.#store.meta.awaitingL1Queue = false;
      this.#replay();
    }
    if (this.waitingL1 > 0) this.#news.push(() => this.#tell('l1Waiting'));
  }

  /**
   * The L1 ops with `id >= count` are not on L1 any more: undoes every batch from the first that holds one of them.
   * To be called inside of {@link Sequencer.atomically}.
   */
  forgetL1From(count: number): void {
    const first = this.#store.batches.firstWithL1From(count);
    if (first === undefined) return;
    this.#undoFrom(first);
    this.#store.meta.awaitingL1Queue = true;
  }

  /**
   * L1 refuses the sealed batch `number` because it leaves an overdue L1 op behind: builds it and all later ones again,
   * each signed op in its order, but first with all L1 ops that there are. A signed op that does not apply any more is
   * rejected and says why, as after a reorg.
   * To be called inside of {@link Sequencer.atomically}.
   * @returns false, and nothing has changed, if that would not help or must not be: no L1 op comes after the batch
   *   (the queue has to be read first), or the batch is not sealed, or it is final
   */
  takeOverdueL1(number: number): boolean {
    const { batches, l1Ops } = this.#store;
    const refused = batches.get(number);
    const count = l1Ops.count();
    if (refused === undefined || refused.status === 'finalized' || refused.l1End >= count) return false;
    this.#undoFrom(number);
    batches.setL1End(number, count);
    this.#replay();
    return true;
  }

  /**
   * Lets the sealed batch `number`, and those after it in its blob, share blobs anew: their proofs are of no use. That is so where L1 has
   * the batches before it in a blob of before a reorg that undid them all.
   * To be called inside of {@link Sequencer.atomically}.
   */
  shareBlobAnew(number: number): void {
    const { batches, blobs, proofs } = this.#store;
    const last = blobs.of(number)?.last ?? 0;
    blobs.releaseFrom(number);
    for (let released = number; released <= last; released++) {
      proofs.drop(released);
      batches.setPublicSignals(released, undefined);
      for (const status of ['proven', 'submitted'] as const)
        batches.setStatus(released, released, 'sealed', status);
      batches.setSubmittedAt(released, released, null);
      this.#news.push(() => this.#tell('undone', released));
      this.#news.push(() => this.#tell('sealed', released));
    }
  }

  #tell<E extends keyof SequencerEvents>(event: E, ...news: SequencerEvents[E]): void {
    for (const listener of this.rawListeners(event)) {
      try {
        Reflect.apply(listener, this, news);
      } catch (error) {
        this.#options.logger.error({ err: error, event, news }, 'a listener failed');
      }
    }
  }

  /** Makes the sealed batches from `from` on planned again, and those that share a blob with it, as far as they are not final. */
  #undoFrom(from: number): void {
    const { batches, blobs, accounts } = this.#store;
    const first = Math.min(from, Math.max(blobs.of(from)?.first ?? from, batches.lastFinalized() + 1));
    blobs.releaseFrom(first);
    for (let number = batches.lastSealed(); number >= first; number--) {
      this.#news.push(() => this.#tell('undone', number));
    }
    accounts.undoFrom(first);
    batches.unsealFrom(first);
    this.#open = new OpenBatch(this.#store, this.#options);
  }

  /** The open batch, built again from the disk if a transaction failed. */
  #fresh(): OpenBatch {
    if (this.#stale) {
      this.#news = [];
      this.#open = new OpenBatch(this.#store, this.#options);
      this.#store.transaction(() => this.#replay());
      this.#stale = false;
    }
    return this.#open;
  }

  /** Builds the planned batches again, each op in the place that it had; fees go where they went before. */
  #replay(): void {
    const { batches, ops, l1Ops } = this.#store;
    if (!this.ready) return;
    const plans = batches.planned().map((plan) => ({ plan, planned: ops.ofBatch(plan.number) }));
    ops.takeOutFrom(this.#open.number);
    batches.forgetPlanned();
    for (const { plan, planned } of plans) {
      const { feeKeyHash, closed } = plan;
      this.#open.resume(plan);
      const end = Math.min(plan.l1End, l1Ops.count());
      while (!this.#open.takeL1(end)) this.#seal(feeKeyHash);
      for (const op of planned) this.#placeAgain(op);
      if (closed) this.#seal(feeKeyHash);
    }
    if (this.#open.isEmpty) this.#open.resume({ feeKeyHash: this.#options.feeKeyHash, openedAt: 0 });
  }

  #placeAgain({ id, signed, placement: before }: StoredOp): void {
    try {
      this.#assertSameHolder(signed, before);
      let placement = this.#open.add(signed);
      if (placement === 'full') {
        this.#seal(this.#open.feeKeyHash);
        placement = this.#addToNewBatch(signed);
      }
      this.#store.ops.replace(id, placement);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.kind === 'internal') throw error;
      const { code, message, details } = error;
      const rejection = { code, message, details };
      this.#store.ops.reject(id, rejection);
      this.#news.push(() => this.#tell('rejected', id, rejection));
    }
  }

  /** @throws {MillraceError} `refused/account-moved` */
  #assertSameHolder({ op }: SignedOp, before: Placement | undefined): void {
    if (op.type !== 'transfer' || before?.toKeyHash === undefined) return;
    const holder = this.#open.account(op.to)?.keyHash;
    if (holder === undefined || holder === before.toKeyHash) return;
    throw refusal(
      'account-moved',
      `Account ${op.to} belongs to another holder since L1 reorganized`,
      { account: op.to, expected: String(before.toKeyHash), found: String(holder) },
      'Look up the account of the holder again and sign a new transfer.',
    );
  }

  /** A stream of signed ops must not keep L1 ops waiting: a new batch takes them first, and leaves room for a signed op. */
  #takeL1BeforeSignedOps(): void {
    if (this.#open.isEmpty) this.#open.takeL1(this.#store.l1Ops.count(), ACCOUNTS_OF_SIGNED_OP);
  }

  #addToNewBatch(signed: SignedOp): Placement {
    const placement = this.#open.add(signed);
    if (placement !== 'full') return placement;
    throw new MillraceError('internal', 'no-room', 'A signed op finds no room in a new batch', {
      details: this.#open.counts,
    });
  }

  /** @param nextFeeKeyHash whose accounts take the fees of the next batch */
  #seal(nextFeeKeyHash = this.#options.feeKeyHash): number | undefined {
    const number = this.#open.seal(nextFeeKeyHash);
    if (number === undefined) return undefined;
    this.#news.push(() => this.#tell('sealed', number));
    if (this.#store.l1Ops.count() > this.#open.l1End) this.#news.push(() => this.#tell('l1Waiting'));
    return number;
  }
}
