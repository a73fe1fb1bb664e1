import type { DraftAccounts } from './draft-accounts.ts';
import { MillraceError } from './error.ts';
import { keyHash } from './keys.ts';
import type { Deposit, ForcedExit, L1Op, L1Result } from './l1-ops.ts';

/** What an op from L1 did, and the account slot that it takes. */
export interface L1Effect {
  readonly result: L1Result;
  /** Account that the op touches, changed or not; 0 if none. */
  readonly touched: number;
}

/**
 * Applies an op from L1 (docs/protocol.md, section 2.2); total but for the room in the batch.
 * @param capacity first index that does not exist
 * @param maxAccounts distinct accounts that the batch may touch
 * @throws {MillraceError} `input/bad-field` for an index that the contract does not queue
 */
export function applyL1Op(
  op: L1Op,
  accounts: DraftAccounts,
  capacity: number,
  maxAccounts: number,
): L1Effect | 'full' {
  return op.type === 'deposit'
    ? deposit(op, accounts, maxAccounts)
    : forcedExit(op, accounts, capacity, maxAccounts);
}

function deposit(op: Deposit, accounts: DraftAccounts, maxAccounts: number): L1Effect | 'full' {
  const { keyHash, token, amount } = op;
  const existing = accounts.find(keyHash, token);
  if (existing === undefined && accounts.isFull) {
    return { touched: 0, result: { outcome: 'refused', index: 0, token, amount } };
  }
  if (accounts.countWith([existing ?? accounts.accountCount]) > maxAccounts) return 'full';
  if (existing !== undefined) {
    accounts.credit(existing, amount);
    return { touched: existing, result: { outcome: 'topUp', index: existing, token: 0, amount: 0n } };
  }
  const index = accounts.create({ keyHash, token, nonce: 0, balance: amount });
  return { touched: index, result: { outcome: 'created', index, token: 0, amount: 0n } };
}

function forcedExit(
  { index, owner, publicKey }: ForcedExit,
  accounts: DraftAccounts,
  capacity: number,
  maxAccounts: number,
): L1Effect | 'full' {
  if (index >= capacity) {
    throw new MillraceError('input', 'bad-field', 'The contract queues no forced exit of this index', {
      details: { field: 'index', expected: `below ${capacity}`, found: index },
    });
  }
  // That it does nothing has to be proven too, so the account takes a slot either way.
  if (accounts.countWith([index]) > maxAccounts) return 'full';
  accounts.touch(index);
  const account = accounts.get(index);
  if (account === undefined || account.keyHash !== keyHash(publicKey, owner)) {
    return { touched: index, result: { outcome: 'noop', index: 0, token: 0, amount: 0n } };
  }
  accounts.set(index, { ...account, balance: 0n });
  return {
    touched: index,
    result: { outcome: 'exited', index, token: account.token, amount: account.balance },
  };
}
