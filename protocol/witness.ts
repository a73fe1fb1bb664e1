import { type Account, packWord } from './account.ts';
import { hi, lo } from './field.ts';
import type { L1Elements } from './l1-ops.ts';
import { OP_TYPE, type SignedOp } from './ops.ts';
import { FEE_ACCOUNTS, type Shape } from './shape.ts';
import type { Opening } from './tree.ts';

/** A signal of the circuit: decimal, in `[0, FIELD)`. */
type Signal = string;

/** The input of `Batch` in circuits/batch.circom, by signal name. Lengths are the shape's; see docs/protocol.md. */
export interface BatchWitness {
  readonly C: Signal;
  readonly z: Signal;
  readonly y: Signal;
  readonly domain: Signal;
  readonly batchNumber: Signal;
  readonly oldRootLo: Signal;
  readonly oldRootHi: Signal;
  readonly newRootLo: Signal;
  readonly newRootHi: Signal;
  readonly oldAccountCount: Signal;
  /** Rising; unused slots open other accounts, the smallest indexes that are free. */
  readonly slotIndex: readonly Signal[];
  readonly slotKeyHash: readonly Signal[];
  readonly slotWord: readonly Signal[];
  /** The slot's bottom node when the slots before it have been updated. */
  readonly bottom: readonly (readonly Signal[])[];
  readonly siblings: readonly (readonly Signal[])[];
  /** Roots of the cached subtrees before the batch. */
  readonly top: readonly Signal[];
  readonly l1E0: readonly Signal[];
  readonly l1E1: readonly Signal[];
  readonly l1E2: readonly Signal[];
  /** Account that the L1 op touches: that of a forced exit also where it does nothing; 0 if none. */
  readonly l1Index: readonly Signal[];
  /** 1 for a deposit that creates its account. */
  readonly l1Create: readonly Signal[];
  readonly opType: readonly Signal[];
  readonly opFrom: readonly Signal[];
  /** Receiving account; for TransferToNew the created one; else 0. */
  readonly opTo: readonly Signal[];
  readonly opAmount: readonly Signal[];
  readonly opFeeCode: readonly Signal[];
  readonly opKeyHashLo: readonly Signal[];
  readonly opKeyHashHi: readonly Signal[];
  readonly opAx: readonly Signal[];
  readonly opAy: readonly Signal[];
  readonly opOwner: readonly Signal[];
  readonly opR8x: readonly Signal[];
  readonly opR8y: readonly Signal[];
  readonly opS: readonly Signal[];
  readonly feeIndex: readonly Signal[];
}

/** An account slot at the moment of its update. */
export interface Slot extends Opening {
  readonly index: number;
  readonly account: Account | undefined;
}

export interface WitnessSource {
  readonly c: bigint;
  readonly z: bigint;
  readonly y: bigint;
  readonly domain: bigint;
  readonly number: number;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  readonly accountCountBefore: number;
  readonly slots: readonly Slot[];
  readonly top: readonly bigint[];
  readonly l1: readonly {
    readonly elements: L1Elements;
    readonly touched: number;
    readonly creates: boolean;
  }[];
  /** `to` is the receiving account, also where the op creates it; 0 for a Withdraw. */
  readonly l2: readonly { readonly signed: SignedOp; readonly to: number }[];
  readonly feeIndexes: readonly number[];
}

/** The circuit's input for a batch; unused places are zero. */
export function toWitness(source: WitnessSource, shape: Shape): BatchWitness {
  const { slots, l1, l2 } = source;
  const toKeyHash = ({ op }: SignedOp) => (op.type === 'transferToNew' ? op.toKeyHash : 0n);
  const l1Signal = (value: (entry: (typeof l1)[number]) => bigint | number) => fill(l1.map(value), shape.n1);
  const opSignal = (value: (signed: SignedOp, to: number) => bigint | number) =>
    fill(
      l2.map(({ signed, to }) => value(signed, to)),
      shape.n2,
    );
  return {
    C: `${source.c}`,
    z: `${source.z}`,
    y: `${source.y}`,
    domain: `${source.domain}`,
    batchNumber: `${source.number}`,
    oldRootLo: `${lo(source.oldRoot)}`,
    oldRootHi: `${hi(source.oldRoot)}`,
    newRootLo: `${lo(source.newRoot)}`,
    newRootHi: `${hi(source.newRoot)}`,
    oldAccountCount: `${source.accountCountBefore}`,
    slotIndex: slots.map((slot) => `${slot.index}`),
    slotKeyHash: slots.map((slot) => `${slot.account?.keyHash ?? 0n}`),
    slotWord: slots.map((slot) => `${packWord(slot.account)}`),
    bottom: slots.map((slot) => slot.bottom.map(String)),
    siblings: slots.map((slot) => slot.siblings.map(String)),
    top: source.top.map(String),
    l1E0: l1Signal((entry) => entry.elements[0]),
    l1E1: l1Signal((entry) => entry.elements[1]),
    l1E2: l1Signal((entry) => entry.elements[2]),
    l1Index: l1Signal((entry) => entry.touched),
    l1Create: l1Signal((entry) => (entry.creates ? 1 : 0)),
    opType: opSignal((signed) => OP_TYPE[signed.op.type]),
    opFrom: opSignal((signed) => signed.op.from),
    opTo: opSignal((_, to) => to),
    opAmount: opSignal((signed) => signed.op.amount),
    opFeeCode: opSignal((signed) => signed.op.feeCode),
    opKeyHashLo: opSignal((signed) => lo(toKeyHash(signed))),
    opKeyHashHi: opSignal((signed) => hi(toKeyHash(signed))),
    opAx: opSignal((signed) => signed.publicKey[0]),
    opAy: opSignal((signed) => signed.publicKey[1]),
    opOwner: opSignal((signed) => signed.owner),
    opR8x: opSignal((signed) => signed.signature.r8[0]),
    opR8y: opSignal((signed) => signed.signature.r8[1]),
    opS: opSignal((signed) => signed.signature.s),
    feeIndex: fill(source.feeIndexes, FEE_ACCOUNTS),
  };
}

function fill(values: readonly (bigint | number)[], length: number): Signal[] {
  return [...values.map(String), ...Array<Signal>(length - values.length).fill('0')];
}
