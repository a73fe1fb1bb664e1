import { SUBGROUP_ORDER } from '../../protocol/babyjubjub.ts';
import { FIELD, reduce } from '../../protocol/field.ts';
import { signOp, type Transfer } from '../../protocol/ops.ts';
import type { Holder } from '../support/random-batch.ts';
import { alice, bob, type Draft, type TinyBatch } from '../support/tiny-batch.ts';

/**
 * An input in which the prover of a valid batch lies.
 * `template`: where the circuit's own witness program finds out. `Batch`: only the roots or C, y tell.
 */
export type Lie = readonly [
  what: string,
  batch: TinyBatch,
  template: string,
  change: (witness: Draft) => void,
];

const BALANCE = 1n << 56n;
const NONCE = 1n << 16n;

const add = (value: string, change: bigint): string => String(reduce(BigInt(value) + change));

/** A payment that applies to the state of the batch `empty`: by Alice, to the operator. */
const payment: Transfer = { type: 'transfer', from: 2, to: 1, token: 1, amount: 1000n, feeCode: 0, nonce: 7 };
const BALANCE_LEFT = 1_000_000n;

/** Puts a signed op into the first place of a batch. */
function putOp(witness: Draft, op: Transfer, by: Holder): void {
  const { publicKey, owner, signature } = signOp(op, by.key, by.owner, BigInt(witness.domain));
  const values = {
    opType: 1,
    opFrom: op.from,
    opTo: op.to,
    opAmount: op.amount,
    opFeeCode: op.feeCode,
    opAx: publicKey[0],
    opAy: publicKey[1],
    opOwner: owner,
    opR8x: signature.r8[0],
    opR8y: signature.r8[1],
    opS: signature.s,
  };
  for (const [name, value] of Object.entries(values)) witness[name as keyof typeof values][0] = String(value);
}

const slots: readonly Lie[] = [
  ['two slots of one account', 'transfers', 'SlotIndexes', (w) => (w.slotIndex[1] = w.slotIndex[0]!)],
  ['slots in another order', 'transfers', 'SlotIndexes', (w) => w.slotIndex.reverse()],
  ['a slot outside of the tree', 'empty', 'SlotIndexes', (w) => (w.slotIndex[5] = '256')],
  ['another account in the slot', 'empty', 'AccountUpdate', (w) => (w.slotIndex[5] = '200')],
  ['another balance', 'transfers', 'AccountUpdate', (w) => (w.slotWord[1] = add(w.slotWord[1]!, BALANCE))],
  ['another nonce', 'empty', 'AccountUpdate', (w) => (w.slotWord[1] = add(w.slotWord[1]!, NONCE))],
  ['another token', 'empty', 'AccountUpdate', (w) => (w.slotWord[1] = add(w.slotWord[1]!, 1n))],
  ['another key', 'empty', 'AccountUpdate', (w) => (w.slotKeyHash[1] = add(w.slotKeyHash[1]!, 1n))],
  [
    'another balance, in the tree as well',
    'empty',
    'Node',
    (w) => {
      const word = add(w.slotWord[2]!, BALANCE);
      w.slotWord[2] = word;
      for (const bottom of w.bottom.slice(0, 3)) bottom[5] = word;
    },
  ],
  ['another neighbour in the bottom node', 'empty', 'AccountUpdate', (w) => (w.bottom[0]![5] = '1')],
  ['another sibling', 'empty', 'AccountUpdate', (w) => (w.siblings[0]![1] = '1')],
  ['another kept subtree root', 'empty', 'Batch', (w) => (w.top[7] = '1')],
  ['another old root', 'empty', 'Batch', (w) => (w.oldRootLo = add(w.oldRootLo, 1n))],
  ['another new root', 'transfers', 'Batch', (w) => (w.newRootLo = add(w.newRootLo, 1n))],
  ['another number of accounts', 'empty', 'Batch', (w) => (w.oldAccountCount = add(w.oldAccountCount, 1n))],
];

const signedOps: readonly Lie[] = [
  ['another type', 'transfers', 'SignedOp', (w) => (w.opType[0] = '3')],
  ['a type that is none', 'transfers', 'Num2Bits', (w) => (w.opType[0] = '5')],
  ['an op left out', 'transfers', 'SignedOp', (w) => (w.opType[1] = '0')],
  ['another payer', 'transfers', 'SignedOp', (w) => (w.opFrom[0] = '3')],
  ['a payer in no slot', 'transfers', 'Pointer', (w) => (w.opFrom[0] = '9')],
  ['another payee', 'transfers', 'Signature', (w) => (w.opTo[0] = '1')],
  ['a payee of another token', 'transfers', 'SignedOp', (w) => (w.opTo[0] = '4')],
  ['a payee in no slot', 'transfers', 'Pointer', (w) => (w.opTo[0] = '9')],
  ['another amount', 'transfers', 'Signature', (w) => (w.opAmount[0] = '1001')],
  ['more than the balance', 'transfers', 'Num2Bits', (w) => (w.opAmount[0] = '1000000')],
  ['a negative amount', 'transfers', 'Num2Bits', (w) => (w.opAmount[0] = String(FIELD - 1n))],
  ['an amount of 65 bits', 'transfers', 'Num2Bits', (w) => (w.opAmount[0] = String(1n << 64n))],
  ['another fee', 'transfers', 'Signature', (w) => (w.opFeeCode[0] = '26')],
  ['a fee code of 13 bits', 'transfers', 'Num2Bits', (w) => (w.opFeeCode[0] = '4096')],
  ['another owner', 'transfers', 'SignedOp', (w) => (w.opOwner[0] = add(w.opOwner[0]!, 1n))],
  ['another key', 'transfers', 'SignedOp', (w) => (w.opAx[0] = String(bob.key.publicKey[0]))],
  [
    'a key that is not on the curve',
    'transfers',
    'SignedOp',
    (w) => {
      w.opAx[0] = '1';
      w.opAy[0] = '2';
    },
  ],
  ['another R8', 'transfers', 'Signature', (w) => (w.opR8x[0] = String(FIELD - BigInt(w.opR8x[0]!)))],
  ['another S', 'transfers', 'Signature', (w) => (w.opS[0] = add(w.opS[0]!, 1n))],
  ['S + order of the subgroup', 'transfers', 'Signature', (w) => (w.opS[0] = add(w.opS[0]!, SUBGROUP_ORDER))],
  ['another domain', 'transfers', 'Signature', (w) => (w.domain = add(w.domain, 1n))],
  ['a created account that is not the next', 'exit-and-new', 'SignedOp', (w) => (w.opTo[0] = '3')],
  ['another key for the created account', 'exit-and-new', 'Signature', (w) => (w.opKeyHashLo[0] = '998')],
  ['a key hash of 255 bits', 'exit-and-new', 'Num2Bits', (w) => (w.opKeyHashHi[0] = '64')],
  ['a key hash where none is', 'transfers', 'SignedOp', (w) => (w.opKeyHashLo[0] = '1')],
  ['a key hash in a no-op', 'empty', 'SignedOp', (w) => (w.opKeyHashHi[0] = '1')],
  ['a payer in a no-op', 'empty', 'SignedOp', (w) => (w.opFrom[0] = '1')],
  ['a payee in a no-op', 'empty', 'SignedOp', (w) => (w.opTo[0] = '1')],
  ['an amount in a no-op', 'empty', 'SignedOp', (w) => (w.opAmount[0] = '1')],
  ['a fee in a no-op', 'empty', 'SignedOp', (w) => (w.opFeeCode[0] = '1')],
  ['an owner in a no-op', 'empty', 'SignedOp', (w) => (w.opOwner[0] = '1')],
  ['a payee in a withdrawal', 'deposits-and-withdraw', 'SignedOp', (w) => (w.opTo[0] = '1')],
  ['a payment to oneself of more than the balance', 'transfers', 'Num2Bits', (w) => (w.opAmount[1] = '71')],
  [
    'an amount that runs into the fee code',
    'transfers',
    'Num2Bits',
    (w) => {
      w.opAmount[0] = add(w.opAmount[0]!, 1n << 64n);
      w.opFeeCode[0] = add(w.opFeeCode[0]!, -1n);
    },
  ],
  [
    'a payer that runs into the payee',
    'transfers',
    'Pointer',
    (w) => {
      w.opFrom[0] = add(w.opFrom[0]!, 1n << 24n);
      w.opTo[0] = add(w.opTo[0]!, -1n);
    },
  ],
  [
    'an account that is not there as payee',
    'empty',
    'SignedOp',
    (w) => putOp(w, { ...payment, to: 3 }, alice),
  ],
  ['an empty account as payer', 'empty', 'SignedOp', (w) => putOp(w, { ...payment, from: 3, to: 1 }, alice)],
  [
    'more than the balance, signed',
    'empty',
    'Num2Bits',
    (w) => putOp(w, { ...payment, amount: BALANCE_LEFT + 1n }, alice),
  ],
  [
    'more than the balance to oneself, signed',
    'empty',
    'Num2Bits',
    (w) => putOp(w, { ...payment, to: 2, amount: BALANCE_LEFT + 1n }, alice),
  ],
  ['the next nonce, signed', 'empty', 'Signature', (w) => putOp(w, { ...payment, nonce: 8 }, alice)],
  ['another token, signed', 'empty', 'Signature', (w) => putOp(w, { ...payment, token: 2 }, alice)],
  ['signed by another holder', 'empty', 'SignedOp', (w) => putOp(w, payment, bob)],
  [
    'signed for another rollup',
    'empty',
    'Signature',
    (w) => putOp({ ...w, domain: add(w.domain, 1n) }, payment, alice),
  ],
  [
    'the same op twice',
    'transfers',
    'Signature',
    (w) => {
      for (const [name, values] of Object.entries(w))
        if (name.startsWith('op')) (values as string[])[1] = values[0] as string;
    },
  ],
  [
    'ops in another order',
    'exit-and-new',
    'SignedOp',
    (w) => {
      for (const [name, values] of Object.entries(w))
        if (name.startsWith('op')) (values as string[]).reverse();
    },
  ],
];

const l1Ops: readonly Lie[] = [
  [
    'a deposit paid back while there is room',
    'deposits-and-withdraw',
    'L1Op',
    (w) => {
      w.l1Index[1] = '0';
      w.l1Create[1] = '0';
    },
  ],
  ['a top-up of another account', 'deposits-and-withdraw', 'L1Op', (w) => (w.l1Index[0] = '2')],
  [
    'a top-up of an account of another token',
    'deposits-and-withdraw',
    'L1Op',
    (w) => {
      w.l1Index[1] = '3';
      w.l1Create[1] = '0';
    },
  ],
  [
    'a creation at an index that is not the next',
    'deposits-and-withdraw',
    'L1Op',
    (w) => (w.l1Index[1] = '0'),
  ],
  ['a creation over an account', 'deposits-and-withdraw', 'L1Op', (w) => (w.l1Create[0] = '1')],
  ['a creation by a forced exit', 'exit-and-new', 'L1Op', (w) => (w.l1Create[0] = '1')],
  ['a choice that is not 0 or 1', 'deposits-and-withdraw', 'L1Op', (w) => (w.l1Create[1] = '2')],
  ['a forced exit left out', 'exit-and-new', 'L1Op', (w) => (w.l1Index[0] = '0')],
  ['a forced exit of another account', 'exit-and-new', 'L1Op', (w) => (w.l1Index[0] = '2')],
  ['an account in no slot', 'deposits-and-withdraw', 'Pointer', (w) => (w.l1Index[0] = '9')],
  ['an account in an unused place', 'empty', 'L1Op', (w) => (w.l1Index[0] = '1')],
  ['an op of two types', 'empty', 'L1Op', (w) => (w.l1E0[0] = '3')],
  ['an element of 249 bits', 'empty', 'Num2Bits', (w) => (w.l1E0[0] = String(1n << 248n))],
  [
    'another sender, key or amount: only C tells',
    'deposits-and-withdraw',
    'Batch',
    (w) => (w.l1E0[0] = add(w.l1E0[0]!, 1n << 24n)),
  ],
];

const fees: readonly Lie[] = [
  ['a fee for nobody', 'transfers', 'FeeShare', (w) => (w.feeIndex[0] = '0')],
  ['two accounts of one token', 'transfers', 'FeeAccounts', (w) => (w.feeIndex[2] = '3')],
  ['the same account twice', 'transfers', 'FeeAccounts', (w) => (w.feeIndex[2] = '1')],
  ['another account', 'transfers', 'Batch', (w) => (w.feeIndex[0] = '2')],
  ['an account of another token alone', 'transfers', 'FeeShare', (w) => (w.feeIndex = ['4', '0', '0', '0'])],
  ['an account in no slot', 'empty', 'Pointer', (w) => (w.feeIndex[0] = '9')],
  [
    'an account that does not exist',
    'empty',
    'FeeAccounts',
    (w) => {
      w.feeIndex[0] = '3';
    },
  ],
];

const binding: readonly Lie[] = [
  ['another C', 'transfers', 'Batch', (w) => (w.C = add(w.C, 1n))],
  ['another z', 'transfers', 'Batch', (w) => (w.z = add(w.z, 1n))],
  ['another y', 'transfers', 'Batch', (w) => (w.y = add(w.y, 1n))],
  ['another batch number', 'transfers', 'Batch', (w) => (w.batchNumber = add(w.batchNumber, 1n))],
  [
    'a batch number that runs into the roots',
    'empty',
    'Num2Bits',
    (w) => (w.batchNumber = String(1n << 64n)),
  ],
  [
    'bits between high and low part',
    'empty',
    'Num2Bits',
    (w) => {
      w.oldRootHi = add(w.oldRootHi, 64n);
      w.oldRootLo = add(w.oldRootLo, -(1n << 254n));
    },
  ],
];

export const LIES: readonly (readonly [about: string, lies: readonly Lie[]])[] = [
  ['account slots', slots],
  ['signed ops', signedOps],
  ['ops from L1', l1Ops],
  ['fees', fees],
  ['public data', binding],
];
