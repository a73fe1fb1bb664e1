import type { Account } from '../../protocol/account.ts';
import { type L2Op, signOp } from '../../protocol/ops.ts';
import { SHAPES, type Shape } from '../../protocol/shape.ts';
import { State } from '../../protocol/state.ts';
import { BatchDraft, type SealedBatch } from '../../protocol/transition.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import { type Holder, holder } from './random-batch.ts';

export const SHAPE = SHAPES.tiny;
const DOMAIN = 1234567n;
export const [operator, alice, bob] = [holder(0), holder(1), holder(2)];

/** A batch on accounts 1 (operator), 2 (Alice), 3 (Bob) and 4 (what is created, or Alice's of token 2). `empty` opens the first M. */
export type TinyBatch = 'exit-and-new' | 'deposits-and-withdraw' | 'transfers' | 'empty';

const account = ({ keyHash }: Holder, balance: bigint, nonce = 7, token = 1): Account => ({
  keyHash,
  token,
  nonce,
  balance,
});

/** Batches in which every kind of op and of outcome occurs once; they fit two ops of each kind and four accounts. */
export function tinyBatch(kind: TinyBatch, shape: Shape = SHAPE): SealedBatch {
  const accounts: [number, Account][] = [
    [1, account(operator, 10n)],
    [2, account(alice, 1_000_000n)],
  ];
  if (kind !== 'empty') accounts.push([3, account(bob, 500n, 9)]);
  if (kind === 'transfers') accounts.push([4, account(alice, 70n, 0, 2)]);
  const draft = new BatchDraft(State.restore(shape.depth, accounts), shape, {
    domain: DOMAIN,
    number: 5,
    feeAccounts: new Map([
      [1, 1],
      [2, 4],
    ]),
  });
  const payment = { from: 2, token: 1, amount: 1000n, feeCode: 25, nonce: 7 };
  const addL2 = (op: L2Op, by: Holder) => draft.addL2(signOp(op, by.key, by.owner, DOMAIN));
  if (kind === 'exit-and-new') {
    draft.addL1({ type: 'forcedExit', owner: bob.owner, index: 3, publicKey: bob.key.publicKey });
    draft.addL1({ type: 'forcedExit', owner: bob.owner, index: 2, publicKey: bob.key.publicKey });
    addL2({ type: 'transferToNew', ...payment, toKeyHash: 999n }, alice);
    addL2({ type: 'transfer', ...payment, nonce: 8, to: 3, feeCode: 0 }, alice);
  } else if (kind === 'deposits-and-withdraw') {
    draft.addL1({ type: 'deposit', depositor: 1n, token: 1, amount: 40n, keyHash: bob.keyHash });
    draft.addL1({ type: 'deposit', depositor: 1n, token: 2, amount: 50n, keyHash: bob.keyHash });
    addL2({ type: 'withdraw', ...payment }, alice);
  } else if (kind === 'transfers') {
    addL2({ type: 'transfer', ...payment, to: 3 }, alice);
    addL2({ type: 'transfer', from: 4, token: 2, amount: 1n, feeCode: 4, nonce: 0, to: 4 }, alice);
  }
  return draft.seal(shape, 0);
}

/** A witness that a test may change. */
export type Draft = { -readonly [K in keyof BatchWitness]: Loose<BatchWitness[K]> };
type Loose<T> = T extends readonly (readonly string[])[]
  ? string[][]
  : T extends readonly string[]
    ? string[]
    : string;

/** The witness of a batch after a change to a copy of it. */
export function changed(batch: SealedBatch, change: (witness: Draft) => void): BatchWitness {
  const copy = structuredClone(batch.witness) as Draft;
  change(copy);
  return copy;
}
