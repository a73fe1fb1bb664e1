import type { Account } from './account.ts';
import { DraftAccounts } from './draft-accounts.ts';
import { MillraceError } from './error.ts';
import { decodeFee } from './fee.ts';
import { encodeL1Op, encodeL1Result, type L1Elements, type L1Op, type L1Result } from './l1-ops.ts';
import { applyL1Op, type L1Effect } from './l1-rules.ts';
import { checkNew, checkPayee, checkPayer, pay, refusal } from './l2-rules.ts';
import type { SignedOp } from './ops.ts';
import { type Payout, payoutsOf } from './payouts.ts';
import { type PublicData, publish } from './public-data.ts';
import { FEE_ACCOUNTS, type Shape } from './shape.ts';
import type { AccountChange, State } from './state.ts';
import { type BatchContent, toEntry } from './vector.ts';
import { type BatchWitness, type Slot, toWitness } from './witness.ts';

export interface BatchContext {
  readonly domain: bigint;
  /** The first batch of a rollup is number 1. */
  readonly number: number;
  /** The operator's account of each token in which fees may be taken; the batch itself may create it. */
  readonly feeAccounts: Pick<ReadonlyMap<number, number>, 'get'>;
  /** True if every op's signature was verified when it was admitted: the draft then leaves that check out. */
  readonly signaturesVerified?: boolean;
}

/** A batch with everything that a prover and L1 need of it. */
export interface SealedBatch extends PublicData {
  readonly number: number;
  /** Name of the shape. */
  readonly shape: string;
  readonly shapeId: number;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  readonly l1Results: readonly L1Result[];
  readonly payouts: readonly Payout[];
  /** Accounts that are not as before, by ascending index. */
  readonly changes: readonly AccountChange[];
  readonly accountCountBefore: number;
  readonly accountCountAfter: number;
  readonly witness: BatchWitness;
}

interface L1Record extends L1Effect {
  readonly elements: L1Elements;
}

interface L2Record {
  readonly signed: SignedOp;
  /** Receiving or created account; 0 for a Withdraw. */
  readonly to: number;
}

/**
 * The batch transition of docs/protocol.md, op by op: the reference model of the circuit. The state stays
 * as it is until {@link BatchDraft.seal}.
 */
export class BatchDraft {
  readonly #state: State;
  readonly #limits: Shape;
  readonly #context: BatchContext;
  readonly #accounts: DraftAccounts;
  /** The state's revision that the draft builds on. */
  readonly #revision: number;
  readonly #l1: L1Record[] = [];
  readonly #l2: L2Record[] = [];
  /** Fees so far by token, in the order in which the tokens came. */
  readonly #fees = new Map<number, { readonly index: number; total: bigint }>();
  #sealed = false;

  /** @param limits the largest shape that the batch may take; of the state's depth */
  constructor(state: State, limits: Shape, context: BatchContext) {
    if (limits.depth !== state.depth) throw wrongDepth(limits, state);
    this.#state = state;
    this.#limits = limits;
    this.#context = context;
    this.#accounts = new DraftAccounts(state);
    this.#revision = state.revision;
  }

  /** Places and account slots taken so far. */
  get counts(): { l1: number; l2: number; accounts: number } {
    return { l1: this.#l1.length, l2: this.#l2.length, accounts: this.#accounts.countWith([]) };
  }

  /** The account as the ops so far leave it; fees are credited only when the batch is sealed. */
  account(index: number): Account | undefined {
    return this.#accounts.get(index);
  }

  /** Index of the account of this L2 address and token as the ops so far leave it; the lowest if there are several. */
  find(keyHash: bigint, token: number): number | undefined {
    return this.#accounts.find(keyHash, token);
  }

  /** The next index that the batch would create. */
  get accountCount(): number {
    return this.#accounts.accountCount;
  }

  /**
   * Adds the next op of the L1 queue; total, so the only other answer is that there is no room.
   * @throws {MillraceError} `input/bad-field` for an op that the contract does not queue;
   *   `internal/l1-after-l2`: L1 ops come before signed ops
   */
  addL1(op: L1Op): 'added' | 'full' {
    if (this.#l2.length > 0) {
      throw new MillraceError('internal', 'l1-after-l2', 'A batch applies its L1 ops before its signed ops');
    }
    if (this.#l1.length >= this.#limits.n1) return 'full';
    const elements = encodeL1Op(op);
    const effect = applyL1Op(op, this.#accounts, this.#state.capacity, this.#limits.m);
    if (effect === 'full') return 'full';
    this.#l1.push({ elements, ...effect });
    return 'added';
  }

  /**
   * Adds a signed op. An op that is refused or does not fit leaves the draft as it was.
   * @throws {MillraceError} `input/bad-field` if the op can never apply; `refused` if it does not apply now:
   *   the codes of {@link checkPayer}, `unknown-account` and `token-mismatch` of the receiver, `account-exists`,
   *   `tree-full`, `no-fee-account`
   */
  addL2(signed: SignedOp): 'added' | 'full' {
    if (this.#l2.length >= this.#limits.n2) return 'full';
    const { op } = signed;
    const accounts = this.#accounts;
    const from = checkPayer(
      signed,
      accounts.get(op.from),
      this.#context.domain,
      !this.#context.signaturesVerified,
    );
    const touched = [op.from];
    if (op.type === 'transfer') {
      checkPayee(op.to, accounts.get(op.to), op.token);
      touched.push(op.to);
    } else if (op.type === 'transferToNew') {
      checkNew(op.toKeyHash, op.token, accounts);
      touched.push(accounts.accountCount);
    }
    const fee = decodeFee(op.feeCode);
    const feeIndex = fee > 0n ? this.#feeAccount(op.token) : undefined;
    if (feeIndex !== undefined) {
      if (!this.#fees.has(op.token) && this.#fees.size >= FEE_ACCOUNTS) return 'full';
      touched.push(feeIndex);
    }
    if (accounts.countWith(touched) > this.#limits.m) return 'full';

    accounts.set(op.from, pay(from, op.amount + fee));
    let to = 0;
    if (op.type === 'transfer') {
      to = op.to;
      accounts.credit(to, op.amount);
    } else if (op.type === 'transferToNew') {
      to = accounts.create({ keyHash: op.toKeyHash, token: op.token, nonce: 0, balance: op.amount });
    }
    if (feeIndex !== undefined) {
      accounts.touch(feeIndex);
      const total = (this.#fees.get(op.token)?.total ?? 0n) + fee;
      this.#fees.set(op.token, { index: feeIndex, total });
    }
    this.#l2.push({ signed, to });
    return 'added';
  }

  /** True if what is in the draft fits in this shape. */
  fits(shape: Shape): boolean {
    const { l1, l2, accounts } = this.counts;
    return shape.depth === this.#state.depth && l1 <= shape.n1 && l2 <= shape.n2 && accounts <= shape.m;
  }

  /**
   * Closes the batch in a shape and applies it to the state. To be called once.
   * @param shapeId place of the shape's verifier in the rollup's list
   * @throws {MillraceError} `internal/does-not-fit`, `internal/already-sealed`, `internal/stale-draft`
   */
  seal(shape: Shape, shapeId: number): SealedBatch {
    if (this.#sealed) throw new MillraceError('internal', 'already-sealed', 'This batch is sealed already');
    if (!this.fits(shape)) {
      throw new MillraceError(
        'internal',
        'does-not-fit',
        `This batch does not fit in shape '${shape.name}'`,
        {
          details: { shape, counts: this.counts, depth: this.#state.depth },
        },
      );
    }
    const state = this.#state;
    if (state.revision !== this.#revision) {
      throw new MillraceError('internal', 'stale-draft', 'The state has changed since this batch was begun', {
        details: { expected: this.#revision, found: state.revision },
      });
    }
    this.#sealed = true;
    const { domain, number } = this.#context;
    for (const { index, total } of this.#fees.values()) this.#accounts.credit(index, total);

    const accountCountBefore = state.accountCount;
    const oldRoot = state.root;
    const top = state.cachedRoots();
    const { slots, changes } = this.#applyTo(state, shape);
    state.setAccountCount(this.#accounts.accountCount);
    const newRoot = state.root;

    const feeIndexes = [...this.#fees.values()].map(({ index }) => index);
    const content: BatchContent = {
      domain,
      number,
      oldRoot,
      newRoot,
      feeIndexes,
      l1: this.#l1.map(({ elements, result }) => ({ elements, result: encodeL1Result(result) })),
      l2: this.#l2.map(({ signed }) => toEntry(signed)),
    };
    const published = publish(content, shape, shapeId);
    const l1 = this.#l1.map(({ elements, result, touched }) => ({
      elements,
      touched,
      creates: result.outcome === 'created',
    }));
    const witness = toWitness(
      { ...content, ...published, accountCountBefore, slots, top, l1, l2: this.#l2 },
      shape,
    );
    return {
      ...published,
      number,
      shape: shape.name,
      shapeId,
      oldRoot,
      newRoot,
      l1Results: this.#l1.map(({ result }) => result),
      payouts: payoutsOf(content),
      changes,
      accountCountBefore,
      accountCountAfter: state.accountCount,
      witness,
    };
  }

  /** Updates the state slot by slot, in index order, and records what each slot saw. */
  #applyTo(state: State, shape: Shape): { slots: Slot[]; changes: AccountChange[] } {
    const touched = fillSlots(this.#accounts.touchedIndexes(), shape.m).map((index) => {
      return { index, account: state.get(index), change: this.#accounts.change(index) };
    });
    const updates = touched.map(({ index, change }) => ({ index, after: change?.after }));
    const openings = state.openAndApply(updates);
    const slots = touched.map(({ index, account }, i) => ({ index, account, ...openings[i]! }));
    return { slots, changes: touched.flatMap(({ change }) => change ?? []) };
  }

  #feeAccount(token: number): number {
    const index = this.#context.feeAccounts.get(token);
    if (index === undefined || this.#accounts.get(index)?.token !== token) {
      throw refusal(
        'no-fee-account',
        `No fee can be paid in token ${token}`,
        {
          account: index,
          expected: `an operator's account of token ${token}`,
          found: index === undefined ? 'none' : 'no such account',
        },
        'Sign again without a fee, or let the operator deposit one unit of this token to its own key.',
      );
    }
    return index;
  }
}

/** Fills the touched indexes up to `m` with the smallest others, ascending. */
function fillSlots(touched: readonly number[], m: number): number[] {
  const taken = new Set(touched);
  for (let index = 0; taken.size < m; index++) taken.add(index);
  return [...taken].sort((a, b) => a - b);
}

function wrongDepth(shape: Shape, state: State): MillraceError {
  return new MillraceError('internal', 'wrong-depth', `Shape '${shape.name}' is for another tree`, {
    details: { expected: state.depth, found: shape.depth },
  });
}
