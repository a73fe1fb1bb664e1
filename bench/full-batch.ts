import type { Account } from '../protocol/account.ts';
import { MillraceError } from '../protocol/error.ts';
import { type KeyPair, keyHash, keyPairFromPrivateKey } from '../protocol/keys.ts';
import { signOp } from '../protocol/ops.ts';
import type { Shape } from '../protocol/shape.ts';
import { State } from '../protocol/state.ts';
import { BatchDraft, type SealedBatch } from '../protocol/transition.ts';

const DOMAIN = 1n;
const TOKEN = 1;
const BALANCE = 10n ** 12n;
const AMOUNT = 1_000n;
const FEE_CODE = 25;
const OPERATOR = 1;

interface Holder {
  readonly key: KeyPair;
  readonly owner: bigint;
  readonly keyHash: bigint;
}

/**
 * A batch of a shape with no place left: transfers with fees between all accounts in turn, and deposits to them. The
 * same shape always has the same one.
 */
export function fullBatch(shape: Shape): SealedBatch {
  const holders = Array.from({ length: shape.m }, (_, i) => holder(i));
  const accounts = holders.map(({ keyHash }, i): [number, Account] => [
    i + 1,
    { keyHash, token: TOKEN, nonce: 0, balance: BALANCE },
  ]);
  const draft = new BatchDraft(State.restore(shape.depth, accounts), shape, {
    domain: DOMAIN,
    number: 1,
    feeAccounts: new Map([[TOKEN, OPERATOR]]),
  });
  const holderAt = (turn: number) => ({ index: (turn % shape.m) + 1, ...holders[turn % shape.m]! });
  for (let i = 0; i < shape.n1; i++) {
    const { keyHash } = holderAt(2 * shape.n2 + i);
    takes(draft.addL1({ type: 'deposit', depositor: 1n, token: TOKEN, amount: AMOUNT, keyHash }));
  }
  for (let i = 0; i < shape.n2; i++) {
    const payer = holderAt(2 * i);
    const payee = holderAt(2 * i + 1);
    const { nonce } = draft.account(payer.index)!;
    const payment = { from: payer.index, token: TOKEN, amount: AMOUNT, feeCode: FEE_CODE, nonce };
    const op = { type: 'transfer', ...payment, to: payee.index } as const;
    takes(draft.addL2(signOp(op, payer.key, payer.owner, DOMAIN)));
  }
  return draft.seal(shape, 0);
}

function holder(number: number): Holder {
  const privateKey = new Uint8Array(32);
  new DataView(privateKey.buffer).setUint32(0, number + 1);
  const key = keyPairFromPrivateKey(privateKey);
  const owner = BigInt(number + 1);
  return { key, owner, keyHash: keyHash(key.publicKey, owner) };
}

function takes(outcome: 'added' | 'full'): void {
  if (outcome !== 'full') return;
  throw new MillraceError('internal', 'batch-full', 'A full batch was full too early');
}
