import type { BatchWitness } from '../../protocol/witness.ts';
import type { TinyBatch } from '../support/tiny-batch.ts';

type Field = keyof BatchWitness;

/** Where each kind of op stands in the tiny batches. */
export const SIGNED_OPS: readonly (readonly [kind: string, batch: TinyBatch, place: number])[] = [
  ['Transfer', 'transfers', 0],
  ['Transfer to oneself', 'transfers', 1],
  ['TransferToNew', 'exit-and-new', 0],
  ['Withdraw', 'deposits-and-withdraw', 0],
];

export const L1_OPS: readonly (readonly [kind: string, batch: TinyBatch, place: number])[] = [
  ['Deposit, top-up', 'deposits-and-withdraw', 0],
  ['Deposit, creation', 'deposits-and-withdraw', 1],
  ['ForcedExit', 'exit-and-new', 0],
  ['ForcedExit by another', 'exit-and-new', 1],
];

/** Each field of an op, and the templates of which one refuses it if it is one more than it was. */
export const SIGNED_OP_FIELDS: readonly (readonly [field: Field, templates: readonly string[]])[] = [
  ['opType', ['SignedOp']],
  ['opFrom', ['SignedOp']],
  ['opTo', ['SignedOp']],
  ['opAmount', ['Signature']],
  ['opFeeCode', ['Signature']],
  ['opKeyHashLo', ['SignedOp']],
  ['opKeyHashHi', ['SignedOp']],
  ['opAx', ['SignedOp']],
  ['opAy', ['SignedOp']],
  ['opOwner', ['SignedOp']],
  ['opR8x', ['OnCurve']],
  ['opR8y', ['OnCurve']],
  ['opS', ['Signature']],
];

/** `Batch`: the data vector tells, or the new root. `CreatedKeys`, `AccountUpdate`: the account is another. */
export const L1_OP_FIELDS: readonly (readonly [field: Field, templates: readonly string[]])[] = [
  ['l1E0', ['L1Op']],
  ['l1E1', ['L1Op', 'AccountUpdate', 'CreatedKeys', 'Batch']],
  ['l1E2', ['AccountUpdate', 'Batch']],
  ['l1Index', ['L1Op']],
  ['l1Create', ['L1Op']],
];
