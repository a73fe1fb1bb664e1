import { EventEmitter } from 'node:events';
import type { Account } from '../protocol/account.ts';
import { MillraceError } from '../protocol/error.ts';
import { refusal } from '../protocol/l2-rules.ts';
import type { SignedOp } from '../protocol/ops.ts';
import { State } from '../protocol/state.ts';
import { BatchDraft } from '../protocol/transition.ts';
import { largestShape, type RollupShape } from './rollup-shapes.ts';
import type { PlannedBatch } from './store/batch-table.ts';
import type { Placement, Rejection, StoredOp } from './store/op-table.ts';
import type { Store } from './store.ts';

export interface SequencerOptions {
  /** Shapes that batches may take, smallest first. */
  readonly shapes: readonly RollupShape[];
  /** L2 address whose accounts take the fees; undefined: no op may pay a fee. */
  readonly feeKeyHash?: bigint | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

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

/** The open batch's plan; `openedAt` is 0 until it has an op. */
type Plan = Omit<PlannedBatch, 'closed'>;

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
  readonly #limits: RollupShape;
  readonly #now: () => number;
  #state: State;
  #draft: BatchDraft;
  /** Plan of the batch that is being drafted; kept in the store once the batch has an op. */
  #plan: Plan;
  /** To be told once the transaction is on disk. */
  #news: (() => void)[] = [];
  /** True if a transaction failed, and memory is to be built again from the disk. */
  #stale = false;

  /**
   * Takes up where the store stands.
   * @throws {MillraceError} `internal/store-damaged`
   */
  constructor(store: Store, options: SequencerOptions) {
    super();
    this.#store = store;
    this.#options = options;
    this.#limits = largestShape(options.shapes);
    this.#now = options.now ?? Date.now;
    [this.#state, this.#plan, this.#draft] = this.#startFromSealed();
    store.transaction(() => this.#replay());
  }

  /** The account as the admitted ops leave it. (The fees of the open batch are credited when it is sealed.) */
  account(index: number): Account | undefined {
    this.#refresh();
    return this.#draft.account(index);
  }

  /** The accounts of an L2 address that the open batch creates. */
  createdFor(keyHash: bigint): [index: number, account: Account][] {
    this.#refresh();
    const created: [number, Account][] = [];
    for (let index = this.#state.accountCount; index < this.#draft.accountCount; index++) {
      const account = this.#draft.account(index);
      if (account?.keyHash === keyHash) created.push([index, account]);
    }
    return created;
  }

  /** The account as of the last sealed batch. */
  sealedAccount(index: number): Account | undefined {
    this.#refresh();
    return this.#state.get(index);
  }

  /** State root after the last sealed batch, and the next index that the open batch would create. */
  get tip(): { sealedRoot: bigint; accountCount: number } {
    this.#refresh();
    return { sealedRoot: this.#state.root, accountCount: this.#draft.accountCount };
  }

  /** The open batch: what it holds so far and since when (milliseconds since the epoch; undefined while it is empty). */
  get open(): { number: number; l1: number; l2: number; accounts: number; openedAt: number | undefined } {
    this.#refresh();
    const openedAt = this.#isEmpty ? undefined : this.#plan.openedAt;
    return { number: this.#plan.number, ...this.#draft.counts, openedAt };
  }

  /** L1 ops that are in no batch yet. */
  get waitingL1(): number {
    return this.#store.l1Ops.count() - this.#plan.l1End;
  }

  /** False while the L1 queue has to be read again after a reorg: no op is placed and no batch sealed until then. */
  get ready(): boolean {
    return !this.#store.meta.awaitingL1Queue;
  }

  /** Runs changes in one transaction and tells of them once it is on disk. If it fails, nothing was changed. */
  atomically<T>(work: () => T): T {
    this.#refresh();
    let result: T;
    try {
      result = this.#store.transaction(work);
    } catch (error) {
      this.#news = [];
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
   * @throws {MillraceError} `refused/reorganizing` and what {@link BatchDraft.addL2} throws
   */
  place(id: string, signed: SignedOp, receivedAt: number): Placement {
    if (!this.ready) throw reorganizing();
    this.#takeL1BeforeSignedOps();
    if (this.#draft.addL2(signed) === 'full') {
      this.#sealOpen();
      this.#takeL1BeforeSignedOps();
      this.#addToNewBatch(signed);
    }
    const placement = this.#placementOf(signed);
    this.#keepPlan();
    this.#store.ops.append(id, signed, receivedAt, placement);
    const { l2, accounts } = this.#draft.counts;
    const { n2, m } = this.#limits.shape;
    if (l2 >= n2 || accounts >= m) this.#sealOpen();
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
    if (this.#draft.counts.l2 > 0) {
      if (this.waitingL1 < this.#limits.shape.n1) return false;
      this.#sealOpen();
    }
    if (this.#takeL1(this.#store.l1Ops.count(), 0)) return false;
    this.#sealOpen();
    return true;
  }

  /** Seals the open batch, inside of {@link Sequencer.atomically}. @returns its number; undefined if it has no op */
  seal(): number | undefined {
    return this.ready ? this.#sealOpen() : undefined;
  }

  /**
   * L1 ops were read, or it is known that there are no more: places take effect again after a reorg.
   * To be called inside of {@link Sequencer.atomically}, after they were kept.
   */
  l1QueueRead(): void {
    if (!this.ready) {
      this.#store.meta.awaitingL1Queue = false;
      this.#replay();
    }
    if (this.waitingL1 > 0) this.#news.push(() => this.emit('l1Waiting'));
  }

  /**
   * The L1 ops with `id >= count` are not on L1 any more: undoes every batch from the first that holds one of them.
   * To be called inside of {@link Sequencer.atomically}.
   */
  forgetL1From(count: number): void {
    const first = this.#store.batches.firstWithL1From(count);
    if (first === undefined) return;
    for (let number = this.#store.batches.lastSealed(); number >= first; number--) {
      this.#news.push(() => this.emit('undone', number));
    }
    this.#store.accounts.undoFrom(first);
    this.#store.batches.unsealFrom(first);
    this.#store.meta.awaitingL1Queue = true;
    [this.#state, this.#plan, this.#draft] = this.#startFromSealed();
  }

  /** Builds memory again from the disk, if a transaction failed. */
  #refresh(): void {
    if (!this.#stale) return;
    [this.#state, this.#plan, this.#draft] = this.#startFromSealed();
    this.#store.transaction(() => this.#replay());
    this.#stale = false;
  }

  /** The state after the last sealed batch, with an empty batch after it. */
  #startFromSealed(): [State, Plan, BatchDraft] {
    const { batches, accounts, identity } = this.#store;
    const last = batches.get(batches.lastSealed());
    const state = State.restore(identity.depth, accounts.all());
    const expected = last?.newRoot ?? identity.genesisRoot;
    if (state.root !== expected) {
      throw new MillraceError(
        'internal',
        'store-damaged',
        'The accounts in the store are not those of its batches',
        {
          details: { batch: last?.number ?? 0, expected: String(expected), found: String(state.root) },
          fix: 'Keep the file for examination and restore the state from L1 into a new data folder.',
        },
      );
    }
    const plan = this.#nextPlan(last?.number ?? 0, last?.l1End ?? 0, this.#options.feeKeyHash);
    return [state, plan, this.#draftOf(plan, state)];
  }

  /** Builds the planned batches again, each op in the place that it had; fees go where they went before. */
  #replay(): void {
    const { batches, ops } = this.#store;
    if (!this.ready) return;
    const plans = batches.planned();
    const opsOf = plans.map(({ number }) => ops.ofBatch(number));
    ops.takeOutFrom(this.#plan.number);
    batches.forgetPlanned();
    plans.forEach((plan, i) => {
      const { number, l1End } = this.#plan;
      this.#plan = { ...this.#nextPlan(number - 1, l1End, plan.feeKeyHash), openedAt: plan.openedAt };
      this.#draft = this.#draftOf(this.#plan, this.#state);
      const end = Math.min(plan.l1End, this.#store.l1Ops.count());
      while (!this.#takeL1(end, 0)) this.#sealOpen(plan.feeKeyHash);
      for (const op of opsOf[i]!) this.#placeAgain(op);
      if (plan.closed) this.#sealOpen(plan.feeKeyHash);
    });
    if (this.#isEmpty) this.#plan = { ...this.#plan, openedAt: 0 };
  }

  #placeAgain({ id, signed, placement: before }: StoredOp): void {
    try {
      this.#assertSameHolder(signed, before);
      if (this.#draft.addL2(signed) === 'full') {
        this.#sealOpen(this.#plan.feeKeyHash);
        this.#addToNewBatch(signed);
      }
    } catch (error) {
      if (!(error instanceof MillraceError) || error.kind === 'internal') throw error;
      const { code, message, details } = error;
      const rejection = { code, message, details };
      this.#store.ops.reject(id, rejection);
      this.#news.push(() => this.emit('rejected', id, rejection));
      return;
    }
    const placement = this.#placementOf(signed);
    this.#keepPlan();
    this.#store.ops.replace(id, placement);
  }

  /** @throws {MillraceError} `refused/account-moved` */
  #assertSameHolder({ op }: SignedOp, before: Placement | undefined): void {
    if (op.type !== 'transfer' || before?.toKeyHash === undefined) return;
    const holder = this.#draft.account(op.to)?.keyHash;
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
    if (this.#isEmpty) this.#takeL1(this.#store.l1Ops.count(), ACCOUNTS_OF_SIGNED_OP);
  }

  /** Gives places to the L1 ops below `end`, leaving room for `leave` accounts. @returns whether all of them have one */
  #takeL1(end: number, leave: number): boolean {
    let next = this.#plan.l1End;
    while (next < end) {
      if (leave > 0 && this.#draft.counts.accounts + 1 + leave > this.#limits.shape.m) break;
      const { op } = this.#store.l1Ops.get(next)!;
      if (this.#draft.addL1(op) === 'full') break;
      next += 1;
    }
    if (next > this.#plan.l1End) {
      this.#plan = { ...this.#plan, l1End: next };
      this.#keepPlan();
    }
    return next >= end;
  }

  #addToNewBatch(signed: SignedOp): void {
    if (this.#draft.addL2(signed) === 'added') return;
    throw new MillraceError('internal', 'shape-too-small', 'A signed op finds no room in a new batch', {
      details: { shape: this.#limits.shape, counts: this.#draft.counts },
      fix: 'Use a larger shape.',
    });
  }

  /** Where the op is that was just added. */
  #placementOf({ op }: SignedOp): Placement {
    const { number: batch } = this.#plan;
    const position = this.#draft.counts.l2 - 1;
    if (op.type === 'withdraw') return { batch, position, toIndex: undefined, toKeyHash: undefined };
    const toIndex = op.type === 'transfer' ? op.to : this.#draft.accountCount - 1;
    return { batch, position, toIndex, toKeyHash: this.#draft.account(toIndex)?.keyHash };
  }

  /** @param nextFeeKeyHash whose accounts take the fees of the next batch */
  #sealOpen(nextFeeKeyHash = this.#options.feeKeyHash): number | undefined {
    if (this.#isEmpty) return undefined;
    const started = performance.now();
    const { number, l1End } = this.#plan;
    const { l2, accounts } = this.#draft.counts;
    const { shape, shapeId } =
      this.#options.shapes.find((candidate) => this.#draft.fits(candidate.shape)) ?? this.#limits;
    const sealed = this.#draft.seal(shape, shapeId);
    this.#store.batches.seal(sealed, l2, accounts, this.#now(), performance.now() - started);
    this.#store.accounts.apply(number, sealed.changes);
    this.#news.push(() => this.emit('sealed', number));
    if (this.#store.l1Ops.count() > l1End) this.#news.push(() => this.emit('l1Waiting'));
    this.#plan = this.#nextPlan(number, l1End, nextFeeKeyHash);
    this.#draft = this.#draftOf(this.#plan, this.#state);
    return number;
  }

  get #isEmpty(): boolean {
    const { l1, l2 } = this.#draft.counts;
    return l1 + l2 === 0;
  }

  #nextPlan(lastNumber: number, l1First: number, feeKeyHash: bigint | undefined): Plan {
    return { number: lastNumber + 1, l1First, l1End: l1First, feeKeyHash, openedAt: 0 };
  }

  /** Keeps the open batch's plan; its age begins with its first op. */
  #keepPlan(): void {
    if (this.#plan.openedAt === 0) this.#plan = { ...this.#plan, openedAt: this.#now() };
    this.#store.batches.plan(this.#plan);
  }

  #draftOf({ number, feeKeyHash }: Plan, state: State): BatchDraft {
    const draft: BatchDraft = new BatchDraft(state, this.#limits.shape, {
      domain: this.#store.identity.domain,
      number,
      feeAccounts: {
        get: (token) => (feeKeyHash === undefined ? undefined : draft.find(feeKeyHash, token)),
      },
      signaturesVerified: true,
    });
    return draft;
  }
}

function reorganizing(): MillraceError {
  return new MillraceError('refused', 'reorganizing', 'L1 reorganized and its queue is being read again', {
    fix: 'Send the op again in a moment.',
  });
}
