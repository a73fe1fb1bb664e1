import { type Account, NONCE_LIMIT } from './account.ts';
import { DraftAccounts } from './draft-accounts.ts';
import { MillraceError } from './error.ts';
import { decodeFee } from './fee.ts';
import { fromLoHi, reduce } from './field.ts';
import { type Deposit, decodeL1Op, decodeL1Result, encodeL1Result } from './l1-ops.ts';
import { applyL1Op } from './l1-rules.ts';
import { pay } from './l2-rules.ts';
import { OP_TYPE } from './ops.ts';
import type { AccountChange, State } from './state.ts';
import type { BatchContent, L1Entry, L2Entry } from './vector.ts';

/** What a replayed batch did; {@link State.undo} takes it back. */
export interface ReplayedBatch {
  /** By ascending index. */
  readonly changes: readonly AccountChange[];
  readonly accountCountBefore: number;
}

/**
 * Applies a batch to the state by what L1 has of it: no signature is looked at, since a final batch was proven. All else is
 * checked, so that a batch which cannot be proven is found (docs/protocol.md, sections 2 and 3).
 *
 * @param content its ops are those of the batch, without unused places
 * @throws {MillraceError} `refused/batch-does-not-apply` names the op or the root; the state is as before
 */
export function replayBatch(
  state: State,
  content: Pick<BatchContent, 'number' | 'newRoot' | 'feeIndexes' | 'l1' | 'l2'>,
): ReplayedBatch {
  const accounts = new DraftAccounts(state);
  const fees = new Map<number, bigint>();
  const applying = (place: string, apply: () => void): void => {
    try {
      apply();
    } catch (cause) {
      if (!(cause instanceof MillraceError)) throw cause;
      throw doesNotApply(content.number, { place, reason: cause.message, ...cause.details }, cause);
    }
  };
  content.l1.forEach((entry, i) => {
    applying(`L1 op ${i}`, () => applyL1Entry(entry, accounts, state.capacity));
  });
  content.l2.forEach((op, i) => {
    applying(`signed op ${i}`, () => applySignedOp(op, accounts, fees));
  });
  applying('fees', () => creditFees(content.feeIndexes, accounts, fees));

  const changes = accounts.touchedIndexes().flatMap((index) => accounts.change(index) ?? []);
  const replayed = { changes, accountCountBefore: state.accountCount };
  for (const change of changes) state.apply(change);
  state.setAccountCount(accounts.accountCount);
  if (state.root === content.newRoot) return replayed;
  const found = String(state.root);
  state.undo(replayed);
  throw doesNotApply(content.number, { place: 'state root', expected: String(content.newRoot), found });
}

function applyL1Entry({ elements, result }: L1Entry, accounts: DraftAccounts, capacity: number): void {
  const op = decodeL1Op(elements);
  if (op.type === 'deposit') {
    deposit(op, result, accounts);
    return;
  }
  const effect = applyL1Op(op, accounts, capacity, Number.POSITIVE_INFINITY);
  const expected = effect === 'full' ? 0n : encodeL1Result(effect.result);
  check(result === expected, 'the forced exit has another result', { expected, found: result });
}

/** Which account is credited is the operator's choice, which the result tells. */
function deposit(op: Deposit, packed: bigint, accounts: DraftAccounts): void {
  const { keyHash, token, amount } = op;
  const result = decodeL1Result(packed);
  if (result.index === 0) {
    check(accounts.isFull, 'the deposit is refused, and the tree is not full', {});
    check(result.token === token && result.amount === amount, 'the deposit is not paid back', { result });
    return;
  }
  check(result.token === 0 && result.amount === 0n, 'the deposit is credited and paid back', { result });
  if (result.index === accounts.accountCount) {
    check(!accounts.isFull, 'the tree is full', { index: result.index });
    accounts.create({ keyHash, token, nonce: 0, balance: amount });
    return;
  }
  const account = existing(accounts, result.index);
  const matches = account.keyHash === keyHash && account.token === token;
  check(matches, 'the deposit is credited to another key or token', { index: result.index });
  accounts.credit(result.index, amount);
}

function applySignedOp(op: L2Entry, accounts: DraftAccounts, fees: Map<number, bigint>): void {
  if (op.type === 0) return;
  const from = existing(accounts, op.from);
  const { token } = from;
  const fee = decodeFee(op.feeCode);
  check(from.nonce < NONCE_LIMIT, 'the account can sign no more', { account: op.from });
  const cost = op.amount + fee;
  check(from.balance >= cost, 'amount and fee are above the balance', { account: op.from, cost });
  accounts.set(op.from, pay(from, cost));
  if (op.type === OP_TYPE.transfer) {
    const to = existing(accounts, op.to);
    check(to.token === token, 'the payee is of another token', { account: op.to });
    accounts.credit(op.to, op.amount);
  } else if (op.type === OP_TYPE.transferToNew) {
    check(!accounts.isFull, 'the tree is full', {});
    const keyHash = reduce(fromLoHi(op.aux, BigInt(op.to)));
    accounts.create({ keyHash, token, nonce: 0, balance: op.amount });
  } else {
    check(op.to === token, 'the withdrawal is of another token', { account: op.from, found: op.to });
  }
  if (fee > 0n) fees.set(token, (fees.get(token) ?? 0n) + fee);
}

function creditFees(
  indexes: readonly number[],
  accounts: DraftAccounts,
  fees: ReadonlyMap<number, bigint>,
): void {
  const tokens = new Set<number>();
  for (const index of indexes.filter((named) => named !== 0)) {
    const { token } = existing(accounts, index);
    check(!tokens.has(token), 'two fee accounts have one token', { account: index, token });
    tokens.add(token);
    accounts.credit(index, fees.get(token) ?? 0n);
  }
  for (const token of fees.keys()) check(tokens.has(token), 'the fees go to no account', { token });
}

function existing(accounts: DraftAccounts, index: number): Account {
  const account = accounts.get(index);
  if (account !== undefined) return account;
  throw new MillraceError('refused', 'unknown-account', `account ${index} does not exist`);
}

function check(holds: boolean, problem: string, details: Readonly<Record<string, unknown>>): void {
  if (!holds) throw new MillraceError('refused', 'op-does-not-apply', problem, { details });
}

function doesNotApply(
  batch: number,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): MillraceError {
  return new MillraceError(
    'refused',
    'batch-does-not-apply',
    `The data of batch ${batch} are no valid batch`,
    {
      details: { batch, ...details },
      fix: 'A final batch was proven: compare its data with those of another L1 node. One that is not final can be reverted.',
      cause,
    },
  );
}
