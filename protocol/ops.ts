import { z } from 'zod';
import { checkBits, pack } from './bits.ts';
import { MillraceError } from './error.ts';
import { FEE_CODE_BITS } from './fee.ts';
import { FIELD, isFieldElement } from './field.ts';
import { type KeyPair, type Point, type Signature, sign } from './keys.ts';
import { poseidon } from './poseidon.ts';

interface Payment {
  /** Index of the paying account. */
  readonly from: number;
  /** Token of the paying account. */
  readonly token: number;
  /** In the token's unit, 64 bits. */
  readonly amount: bigint;
  /** Fee as a 12-bit float; see protocol/fee.ts. */
  readonly feeCode: number;
  /** The paying account's nonce. */
  readonly nonce: number;
}

export interface Transfer extends Payment {
  readonly type: 'transfer';
  /** Index of the account that is paid. */
  readonly to: number;
}

export interface TransferToNew extends Payment {
  readonly type: 'transferToNew';
  /** L2 address that gets a new account of this token. */
  readonly toKeyHash: bigint;
}

export interface Withdraw extends Payment {
  readonly type: 'withdraw';
}

export type L2Op = Transfer | TransferToNew | Withdraw;

/** An op with what proves that the holder of `from` wants it. */
export interface SignedOp {
  readonly op: L2Op;
  readonly publicKey: Point;
  /** The account's L1 owner, an address as an integer. */
  readonly owner: bigint;
  readonly signature: Signature;
}

/** Type codes of signed ops; 0 is the no-op that fills a batch. */
export const OP_TYPE = { transfer: 1, transferToNew: 2, withdraw: 3 } as const;

const MESSAGE = [
  ['type', 2],
  ['from', 32],
  ['nonce', 40],
  ['token', 16],
  ['amount', 64],
  ['feeCode', FEE_CODE_BITS],
] as const;

/**
 * The field element that is signed: `P_3(domain, packed, target)` (docs/protocol.md, section 2.1).
 * @throws {MillraceError} `input/bad-field` for a value outside of its field
 */
export function signingMessage(op: L2Op, domain: bigint): bigint {
  return poseidon([domain, pack(MESSAGE, { ...op, type: OP_TYPE[op.type] }), target(op)]);
}

/** @param owner L1 owner of the account `op.from`, an address as an integer */
export function signOp(op: L2Op, key: KeyPair, owner: bigint, domain: bigint): SignedOp {
  return { op, publicKey: key.publicKey, owner, signature: sign(key, signingMessage(op, domain)) };
}

/**
 * Identity of an op: its signed message in hexadecimal. It does not depend on the signature, of which
 * there are many for one message.
 */
export function opId(op: L2Op, domain: bigint): string {
  return `0x${signingMessage(op, domain).toString(16).padStart(64, '0')}`;
}

function target(op: L2Op): bigint {
  if (op.type === 'withdraw') return 0n;
  if (op.type === 'transfer') return checkBits('to', op.to, 32);
  if (isFieldElement(op.toKeyHash) && op.toKeyHash !== 0n) return op.toKeyHash;
  throw new MillraceError('input', 'bad-field', 'toKeyHash is no L2 address', {
    details: { field: 'toKeyHash', expected: '0 < toKeyHash < r', found: String(op.toKeyHash) },
  });
}

const decimal = (exclusiveLimit: bigint) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a decimal integer without sign or leading zeros')
    .transform(BigInt)
    .refine((value) => value < exclusiveLimit, `expected an integer below ${exclusiveLimit}`);
const integer = (exclusiveLimit: number) => z.int().min(0).lt(exclusiveLimit);
const fieldElement = decimal(FIELD);

const payment = {
  from: integer(2 ** 32),
  token: integer(2 ** 16).min(1),
  amount: decimal(1n << 64n),
  feeCode: integer(2 ** FEE_CODE_BITS),
  nonce: integer(2 ** 40),
};

const l2OpSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('transfer'), to: integer(2 ** 32), ...payment }),
  z.strictObject({
    type: z.literal('transferToNew'),
    toKeyHash: fieldElement.refine((value) => value !== 0n, 'expected a key hash, not 0'),
    ...payment,
  }),
  z.strictObject({ type: z.literal('withdraw'), ...payment }),
]);

/** JSON form of a {@link SignedOp}: indexes, token, feeCode and nonce are numbers, the rest decimal strings. */
export const signedOpSchema = z.strictObject({
  op: l2OpSchema,
  publicKey: z.tuple([fieldElement, fieldElement]),
  owner: decimal(1n << 160n),
  signature: z.strictObject({ r8: z.tuple([fieldElement, fieldElement]), s: fieldElement }),
});

export type SignedOpJson = z.input<typeof signedOpSchema>;

/** The inverse of {@link signedOpSchema}. */
export function signedOpToJson(signed: SignedOp): SignedOpJson {
  const { op, publicKey, owner, signature } = signed;
  const amount = op.amount.toString();
  return {
    op:
      op.type === 'transferToNew' ? { ...op, amount, toKeyHash: op.toKeyHash.toString() } : { ...op, amount },
    publicKey: pointToJson(publicKey),
    owner: owner.toString(),
    signature: { r8: pointToJson(signature.r8), s: signature.s.toString() },
  };
}

function pointToJson([x, y]: Point): [string, string] {
  return [x.toString(), y.toString()];
}
