import { pack, unpack } from './bits.ts';
import { MillraceError } from './error.ts';
import { fromLoHi, hi, isFieldElement, lo } from './field.ts';
import type { Point } from './keys.ts';

/** Credits `amount` units to the account of `keyHash` and `token`, which it creates if need be. */
export interface Deposit {
  readonly type: 'deposit';
  /** L1 address that gets the money back if the tree is full. */
  readonly depositor: bigint;
  readonly token: number;
  readonly amount: bigint;
  readonly keyHash: bigint;
}

/** Pays the whole balance of an account out to its L1 owner, if `owner` and `publicKey` are the account's. */
export interface ForcedExit {
  readonly type: 'forcedExit';
  readonly owner: bigint;
  readonly index: number;
  readonly publicKey: Point;
}

export type L1Op = Deposit | ForcedExit;

/** An L1 op as the contract queues it: three integers below 2^248. */
export type L1Elements = readonly [e0: bigint, e1: bigint, e2: bigint];

/** What an op from L1 did (docs/protocol.md, section 2.2). */
export interface L1Result {
  readonly outcome: 'topUp' | 'created' | 'refused' | 'exited' | 'noop';
  /** Account that the op changed; 0 if none. */
  readonly index: number;
  /** Token and amount that L1 pays out; 0 if nothing. */
  readonly token: number;
  readonly amount: bigint;
}

const DEPOSIT = 1n;
const FORCED_EXIT = 2n;

const DEPOSIT_E0 = [
  ['type', 2],
  ['keyHashHi', 6],
  ['token', 16],
  ['amount', 64],
  ['depositor', 160],
] as const;

const FORCED_EXIT_E0 = [
  ['type', 2],
  ['axHi', 6],
  ['ayHi', 6],
  ['index', 32],
  ['zero', 42],
  ['owner', 160],
] as const;

const RESULT = [
  ['index', 32],
  ['token', 16],
  ['amount', 64],
] as const;

/** Bytes of a packed result in the batch data. */
export const RESULT_BYTES = 14;

/** The elements that fill an unused place. */
export const NO_L1_OP: L1Elements = [0n, 0n, 0n];

/** @throws {MillraceError} `input/bad-field` for a value outside of its field */
export function encodeL1Op(op: L1Op): L1Elements {
  if (op.type === 'deposit') {
    const { keyHash, token, amount, depositor } = op;
    const e0 = pack(DEPOSIT_E0, { type: DEPOSIT, keyHashHi: hi(keyHash), token, amount, depositor });
    return [e0, lo(keyHash), 0n];
  }
  const [ax, ay] = op.publicKey;
  const { index, owner } = op;
  return [
    pack(FORCED_EXIT_E0, { type: FORCED_EXIT, axHi: hi(ax), ayHi: hi(ay), index, zero: 0, owner }),
    lo(ax),
    lo(ay),
  ];
}

/**
 * The op that the contract queued.
 * @throws {MillraceError} `input/bad-l1-op` for what the contract cannot have let in
 */
export function decodeL1Op(elements: L1Elements): L1Op {
  const [e0, e1, e2] = elements;
  const type = e0 & 3n;
  if (elements.some((element) => element < 0n || element >> 248n !== 0n)) {
    throw badL1Op('an element is not below 2^248', elements);
  }
  if (type === DEPOSIT) {
    const { keyHashHi, token, amount, depositor } = unpack(DEPOSIT_E0, e0);
    const keyHash = fromLoHi(e1, keyHashHi);
    if (!isFieldElement(keyHash) || keyHash === 0n) throw badL1Op('keyHash is not in 1 .. r - 1', elements);
    if (token === 0n) throw badL1Op('token is 0', elements);
    if (amount === 0n) throw badL1Op('amount is 0', elements);
    if (e2 !== 0n) throw badL1Op('e2 of a deposit is not 0', elements);
    return { type: 'deposit', depositor, token: Number(token), amount, keyHash };
  }
  if (type === FORCED_EXIT) {
    const { axHi, ayHi, index, zero, owner } = unpack(FORCED_EXIT_E0, e0);
    const publicKey: Point = [fromLoHi(e1, axHi), fromLoHi(e2, ayHi)];
    if (!publicKey.every(isFieldElement)) throw badL1Op('a coordinate is not below r', elements);
    if (zero !== 0n) throw badL1Op('bits 46-87 of e0 are not 0', elements);
    return { type: 'forcedExit', owner, index: Number(index), publicKey };
  }
  throw badL1Op(`type ${type} is not known`, elements);
}

/** `index | token @ 32 | amount @ 48`. */
export function encodeL1Result(result: Pick<L1Result, 'index' | 'token' | 'amount'>): bigint {
  return pack(RESULT, result);
}

/** The fields of a packed result of 112 bits. */
export function decodeL1Result(packed: bigint): { index: number; token: number; amount: bigint } {
  const { index, token, amount } = unpack(RESULT, packed);
  return { index: Number(index), token: Number(token), amount };
}

function badL1Op(reason: string, elements: L1Elements): MillraceError {
  return new MillraceError('input', 'bad-l1-op', `These elements are no L1 op: ${reason}`, {
    details: { elements: elements.map(String) },
    fix: 'Read the op again from the L1 queue: the contract does not queue such elements.',
  });
}
