import { blake512 } from '@noble/hashes/blake1.js';
import { addPoints, BASE, IDENTITY, isOnCurve, multiply, type Point, SUBGROUP_ORDER } from './babyjubjub.ts';
import { MillraceError } from './error.ts';
import { isFieldElement } from './field.ts';
import { poseidon } from './poseidon.ts';

export type { Point } from './babyjubjub.ts';

export interface KeyPair {
  /** 32 secret bytes, of any value. */
  readonly privateKey: Uint8Array;
  readonly publicKey: Point;
}

export interface Signature {
  readonly r8: Point;
  /** Below the order of the subgroup. */
  readonly s: bigint;
}

export const PRIVATE_KEY_BYTES = 32;

/**
 * The key pair of circomlibjs's EdDSA with this private key.
 * @throws {MillraceError} `input/bad-private-key`
 */
export function keyPairFromPrivateKey(privateKey: Uint8Array): KeyPair {
  if (privateKey.length !== PRIVATE_KEY_BYTES) {
    throw new MillraceError('input', 'bad-private-key', 'A private key has 32 bytes', {
      details: { expected: PRIVATE_KEY_BYTES, found: privateKey.length },
    });
  }
  const { scalar } = expand(privateKey);
  return { privateKey, publicKey: multiply(BASE, scalar >> 3n) };
}

/**
 * L2 address of an account holder: `P_3(Ax, Ay, owner)`.
 * @param owner the L1 owner's address as an integer
 */
export function keyHash(publicKey: Point, owner: bigint): bigint {
  return poseidon([publicKey[0], publicKey[1], owner]);
}

/**
 * EdDSA over BabyJubJub with Poseidon as circomlibjs's `signPoseidon` makes it, bit for bit; deterministic.
 * @param message a field element
 */
export function sign(key: KeyPair, message: bigint): Signature {
  if (!isFieldElement(message)) {
    throw new MillraceError('internal', 'bad-message', 'What is signed is a field element');
  }
  const { scalar, prefix } = expand(key.privateKey);
  const nonce =
    bytesToInteger(blake512(Uint8Array.from([...prefix, ...integerToBytes(message)]))) % SUBGROUP_ORDER;
  const r8 = multiply(BASE, nonce);
  const s = (nonce + challenge(key.publicKey, r8, message) * scalar) % SUBGROUP_ORDER;
  return { r8, s };
}

/** Something that checks signatures as {@link verifySignature} says. It is given canonical coordinates, S and message. */
export type SignatureCheck = (publicKey: Point, signature: Signature, message: bigint) => boolean;

let checkSignature: SignatureCheck = checkWithBigints;

/** Has every signature of the process checked by another function. Results are the same, whichever it is. */
export function useSignatureCheck(chosen: SignatureCheck): void {
  checkSignature = chosen;
}

/**
 * The check that the circuit makes (docs/protocol.md, section 2.1): canonical coordinates, `A` and `R8` on the
 * curve, `8A` not the identity, `S` below the subgroup's order, and `S * B = R8 + h * 8A`. Never throws.
 */
export function verifySignature(publicKey: Point, signature: Signature, message: bigint): boolean {
  const { r8, s } = signature;
  if (![...publicKey, ...r8, message, s].every(isFieldElement)) return false;
  return checkSignature(publicKey, signature, message);
}

/** {@link verifySignature} in JavaScript: some 3 ms. */
export function checkWithBigints(publicKey: Point, { r8, s }: Signature, message: bigint): boolean {
  if (!isOnCurve(publicKey) || !isOnCurve(r8) || s >= SUBGROUP_ORDER) return false;
  const cleared = multiply(publicKey, 8n);
  if (cleared[0] === IDENTITY[0] && cleared[1] === IDENTITY[1]) return false;
  const left = multiply(BASE, s);
  const right = addPoints(r8, multiply(cleared, challenge(publicKey, r8, message)));
  return left[0] === right[0] && left[1] === right[1];
}

function challenge(publicKey: Point, r8: Point, message: bigint): bigint {
  return poseidon([r8[0], r8[1], publicKey[0], publicKey[1], message]);
}

/** The secret scalar (a multiple of 8) and the secret prefix of the nonce hash (RFC 8032, with BLAKE-512). */
function expand(privateKey: Uint8Array): { scalar: bigint; prefix: Uint8Array } {
  const hash = blake512(privateKey);
  const scalarBytes = hash.slice(0, 32);
  scalarBytes[0]! &= 0xf8;
  scalarBytes[31]! &= 0x7f;
  scalarBytes[31]! |= 0x40;
  return { scalar: bytesToInteger(scalarBytes), prefix: hash.slice(32) };
}

/** Little-endian, as RFC 8032 and circomlibjs have it. */
function bytesToInteger(bytes: Uint8Array): bigint {
  return bytes.reduceRight((integer, byte) => (integer << 8n) | BigInt(byte), 0n);
}

function integerToBytes(integer: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((integer >> BigInt(8 * i)) & 0xffn));
}
