import type { Account } from '../protocol/account.ts';
import { blobBatch } from '../protocol/blob/binding.ts';
import { MillraceError } from '../protocol/error.ts';
import type { SignedOp } from '../protocol/ops.ts';
import { type DataPlace, dataPlaceOf } from '../protocol/shape.ts';
import { State } from '../protocol/state.ts';
import { BatchDraft } from '../protocol/transition.ts';
import { largestShape, type RollupShape, shapesFor } from './rollup-shapes.ts';
import type { PlannedBatch } from './store/batch-table.ts';
import type { Placement } from './store/op-table.ts';
import type { Store } from './store.ts';

export interface OpenBatchOptions {
  /** Shapes that batches may take, smallest first. */
  readonly shapes: readonly RollupShape[];
  /** Where the data of the next batch are to go; asked when its first op comes. By default where the shapes let them go. */
  readonly dataPlace?: (() => DataPlace) | undefined;
  /** L2 address whose accounts take the fees; undefined: no op may pay a fee. */
  readonly feeKeyHash?: bigint | undefined;
}

/** What an empty batch takes over. */
type Resumed = Pick<Plan, 'feeKeyHash' | 'openedAt'> & Partial<Pick<Plan, 'dataPlace'>>;

/** Plan of the open batch; `openedAt` is 0 until it has an op. */
type Plan = Omit<PlannedBatch, 'closed'>;

/**
 * The batch in which ops take their places, over the state of the last sealed one; once it is sealed, the next one.
 * Whatever changes it is kept in the store too, so it is to be used inside of a transaction; if that fails, this object
 * is of no use any more.
 */
export class OpenBatch {
  readonly #store: Store;
  readonly #options: OpenBatchOptions;
  readonly #state: State;
  #plan: Plan;
  #draft: BatchDraft;

  /**
   * An empty batch after the last sealed one.
   * @throws {MillraceError} `internal/store-damaged` if the accounts in the store are not those of its batches
   */
  constructor(store: Store, options: OpenBatchOptions) {
    this.#store = store;
    this.#options = options;
    const { batches, accounts, identity } = store;
    const last = batches.get(batches.lastSealed());
    this.#state = State.restore(identity.depth, accounts.all());
    const expected = last?.newRoot ?? identity.genesisRoot;
    if (this.#state.root !== expected) throw damaged(last?.number ?? 0, expected, this.#state.root);
    const [number, l1End] = [(last?.number ?? 0) + 1, last?.l1End ?? 0];
    this.#plan = {
      number,
      l1First: l1End,
      l1End,
      feeKeyHash: options.feeKeyHash,
      dataPlace: this.#chosenPlace(),
      openedAt: 0,
    };
    this.#draft = this.#newDraft();
  }

  get number(): number {
    return this.#plan.number;
  }

  /** Places for L1 ops. */
  get l1Places(): number {
    return this.#limits.shape.n1;
  }

  /** The L1 ops below this id have a place. */
  get l1End(): number {
    return this.#plan.l1End;
  }

  /** When the first op took its place, milliseconds since the epoch; undefined if none has. */
  get openedAt(): number | undefined {
    return this.isEmpty ? undefined : this.#plan.openedAt;
  }

  get feeKeyHash(): bigint | undefined {
    return this.#plan.feeKeyHash;
  }

  /** Places and accounts taken. */
  get counts(): { l1: number; l2: number; accounts: number } {
    return this.#draft.counts;
  }

  get isEmpty(): boolean {
    const { l1, l2 } = this.#draft.counts;
    return l1 + l2 === 0;
  }

  /** True if it can hold no other signed op, or no account that it does not touch yet. */
  get isFull(): boolean {
    const { l2, accounts } = this.#draft.counts;
    return l2 >= this.#limits.shape.n2 || accounts >= this.#limits.shape.m;
  }

  /** The next account index that it would create. */
  get accountCount(): number {
    return this.#draft.accountCount;
  }

  /** The account as its ops so far leave it. */
  account(index: number): Account | undefined {
    return this.#draft.account(index);
  }

  /** The account as of the last sealed batch. */
  sealedAccount(index: number): Account | undefined {
    return this.#state.get(index);
  }

  /** State root after the last sealed batch. */
  get sealedRoot(): bigint {
    return this.#state.root;
  }

  /** The accounts of an L2 address that it creates. */
  createdFor(keyHash: bigint): [index: number, account: Account][] {
    const created: [number, Account][] = [];
    for (let index = this.#state.accountCount; index < this.#draft.accountCount; index++) {
      const account = this.#draft.account(index);
      if (account?.keyHash === keyHash) created.push([index, account]);
    }
    return created;
  }

  /** While it is empty: takes over the age, the fee accounts and, if it has shapes for it, the data's place of a batch that is built again. */
  resume({ feeKeyHash, dataPlace = this.#plan.dataPlace, openedAt }: Resumed): void {
    const hasShapes = shapesFor(this.#options.shapes, dataPlace).length > 0;
    this.#plan = {
      ...this.#plan,
      feeKeyHash,
      openedAt,
      dataPlace: hasShapes ? dataPlace : this.#plan.dataPlace,
    };
    this.#draft = this.#newDraft();
  }

  /** Its first op comes: what was chosen for it while it was empty is chosen anew. A batch that is built again has been opened. */
  #begin(): void {
    if (!this.isEmpty || this.#plan.openedAt !== 0) return;
    const dataPlace = this.#chosenPlace();
    if (dataPlace === this.#plan.dataPlace) return;
    this.#plan = { ...this.#plan, dataPlace };
    this.#draft = this.#newDraft();
  }

  /**
   * Gives a signed op a place.
   * @throws {MillraceError} what {@link BatchDraft.addL2} throws; then nothing has changed
   */
  add(signed: SignedOp): Placement | 'full' {
    this.#begin();
    if (this.#draft.addL2(signed) === 'full') {
      if (!this.isEmpty) return 'full';
      throw new MillraceError('internal', 'shape-too-small', 'A signed op finds no room in an empty batch', {
        details: { shape: this.#limits.shape },
        fix: 'Use a larger shape.',
      });
    }
    this.#keepPlan();
    const { op } = signed;
    const batch = this.#plan.number;
    const position = this.#draft.counts.l2 - 1;
    if (op.type === 'withdraw') return { batch, position, toIndex: undefined, toKeyHash: undefined };
    const toIndex = op.type === 'transfer' ? op.to : this.#draft.accountCount - 1;
    return { batch, position, toIndex, toKeyHash: this.#draft.account(toIndex)?.keyHash };
  }

  /**
   * Gives places to the L1 ops below `end`, in order, as far as there is room.
   * @param leave accounts to leave room for, of signed ops that come next
   * @returns whether all of them have a place
   */
  takeL1(end: number, leave = 0): boolean {
    this.#begin();
    const { m } = this.#limits.shape;
    let next = this.#plan.l1End;
    while (next < end && (leave === 0 || this.#draft.counts.accounts + 1 + leave <= m)) {
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

  /**
   * Seals it in the smallest shape that fits, and begins the next one.
   * @param nextFeeKeyHash whose accounts take the fees of that one
   * @returns number of the sealed batch; undefined if it has no op
   */
  seal(nextFeeKeyHash: bigint | undefined): number | undefined {
    if (this.isEmpty) return undefined;
    const started = performance.now();
    const { number, l1End, dataPlace } = this.#plan;
    const { l1, l2: signedOps, accounts } = this.#draft.counts;
    const shapes = shapesFor(this.#options.shapes, dataPlace);
    const { shape, shapeId } = shapes.find((candidate) => this.#draft.fits(candidate.shape)) ?? this.#limits;
    const sealed = this.#draft.seal(shape, shapeId);
    const part = dataPlace === 'blob' ? blobBatch(sealed.d, shape, shapeId, l1) : undefined;
    const { c, z, y } = sealed;
    this.#store.batches.seal(
      sealed,
      part === undefined
        ? { data: sealed.data, publicSignals: [c, z, y] }
        : { data: part.data, publicSignals: undefined },
      { signedOps, accounts, sealMs: performance.now() - started },
    );
    if (part !== undefined) this.#store.blobs.addPart(number, part);
    this.#store.accounts.apply(number, sealed.changes);
    this.#plan = {
      number: number + 1,
      l1First: l1End,
      l1End,
      feeKeyHash: nextFeeKeyHash,
      dataPlace: this.#chosenPlace(),
      openedAt: 0,
    };
    this.#draft = this.#newDraft();
    return number;
  }

  /** Its largest shape. */
  get #limits(): RollupShape {
    return largestShape(shapesFor(this.#options.shapes, this.#plan.dataPlace));
  }

  #chosenPlace(): DataPlace {
    const { shapes, dataPlace } = this.#options;
    return dataPlace?.() ?? dataPlaceOf(largestShape(shapes).shape);
  }

  /** Its age begins with its first op. */
  #keepPlan(): void {
    if (this.#plan.openedAt === 0) this.#plan = { ...this.#plan, openedAt: Date.now() };
    this.#store.batches.plan(this.#plan);
  }

  #newDraft(): BatchDraft {
    const { number, feeKeyHash } = this.#plan;
    const { domain } = this.#store.identity;
    const draft: BatchDraft = new BatchDraft(this.#state, this.#limits.shape, {
      domain,
      number,
      // Asked when an op pays a fee, so that an account which this very batch creates can take it.
      feeAccounts: {
        get: (token) => (feeKeyHash === undefined ? undefined : draft.find(feeKeyHash, token)),
      },
      signaturesVerified: true,
    });
    return draft;
  }
}

function damaged(batch: number, expected: bigint, found: bigint): MillraceError {
  return new MillraceError(
    'internal',
    'store-damaged',
    'The accounts in the store are not those of its batches',
    {
      details: { batch, expected: String(expected), found: String(found) },
      fix: 'Keep the file for examination and restore the state from L1 into a new data folder.',
    },
  );
}
