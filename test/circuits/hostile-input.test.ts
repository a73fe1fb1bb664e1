import { beforeAll, describe, expect, test } from 'vitest';
import { SUBGROUP_ORDER } from '../../protocol/babyjubjub.ts';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD, reduce } from '../../protocol/field.ts';
import { signOp } from '../../protocol/ops.ts';
import { evaluate, hashPublicData } from '../../protocol/public-data.ts';
import { layout } from '../../protocol/shape.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import type { TemplateLine } from '../../prover/witness-wasm.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { alice, bob, changed, type Draft, SHAPE, type TinyBatch, tinyBatch } from '../support/tiny-batch.ts';

const BALANCE = 1n << 56n;
const NONCE = 1n << 16n;

let circuit: CompiledCircuit;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(batchCircuit(SHAPE));
});

const add = (value: string, change: bigint): string => String(reduce(BigInt(value) + change));

/** Names of the templates, innermost first, in which the circuit refuses the input. */
async function refusal(witness: BatchWitness): Promise<string[]> {
  try {
    await circuit.witness(witness);
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    const { code, details } = error as MillraceError;
    expect(code).toBe('witness-failed');
    return (details.stack as TemplateLine[]).map(({ template }) => template);
  }
  throw new Error('the circuit accepts this input');
}

type Lie = [what: string, batch: TinyBatch, template: string, change: (witness: Draft) => void];

const slots: Lie[] = [
  ['two slots of one account', 'transfers', 'SlotIndexes', (w) => (w.slotIndex[1] = w.slotIndex[0]!)],
  ['slots in another order', 'transfers', 'SlotIndexes', (w) => w.slotIndex.reverse()],
  ['a slot outside of the tree', 'empty', 'SlotIndexes', (w) => (w.slotIndex[3] = '256')],
  ['another account in the slot', 'empty', 'AccountUpdate', (w) => (w.slotIndex[3] = '200')],
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

const signedOps: Lie[] = [
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

const l1Ops: Lie[] = [
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

const fees: Lie[] = [
  ['a fee for nobody', 'transfers', 'FeeShare', (w) => (w.feeIndex[0] = '0')],
  ['two accounts of one token', 'transfers', 'FeeAccounts', (w) => (w.feeIndex[2] = '3')],
  ['the same account twice', 'transfers', 'FeeAccounts', (w) => (w.feeIndex[2] = '1')],
  ['another account', 'transfers', 'Batch', (w) => (w.feeIndex[0] = '2')],
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

const binding: Lie[] = [
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

describe.each([
  ['account slots', slots],
  ['signed ops', signedOps],
  ['ops from L1', l1Ops],
  ['fees', fees],
  ['public data', binding],
])('%s', (_, lies) => {
  test.each(lies)('%s (%s) is refused by %s', async (_what, kind, template, change) => {
    expect(await refusal(changed(tinyBatch(kind), change))).toContain(template);
  });
});

describe('a vector that is not what the circuit did, with the C and y that belong to it', () => {
  const { length } = layout(SHAPE);
  test.each(Array.from({ length }, (_, i) => i))('element %i', async (i) => {
    const batch = tinyBatch('transfers');
    const d = batch.d.with(i, batch.d[i]! + 1n);
    const lie = changed(batch, (w) => {
      w.C = String(hashPublicData(d));
      w.y = String(evaluate(d, batch.z));
    });
    expect((await refusal(lie))[0]).toBe('Batch');
  });
});

test('an op signed by another holder is refused by the account, not by the signature', async () => {
  const batch = tinyBatch('transfers');
  const op = { type: 'transfer', from: 2, to: 3, token: 1, amount: 1000n, feeCode: 25, nonce: 7 } as const;
  const { publicKey, owner, signature } = signOp(op, bob.key, alice.owner, BigInt(batch.witness.domain));
  const lie = changed(batch, (w) => {
    [w.opAx[0], w.opAy[0]] = [String(publicKey[0]), String(publicKey[1])];
    [w.opR8x[0], w.opR8y[0]] = [String(signature.r8[0]), String(signature.r8[1])];
    [w.opOwner[0], w.opS[0]] = [String(owner), String(signature.s)];
  });
  expect((await refusal(lie))[0]).toBe('SignedOp');
});
