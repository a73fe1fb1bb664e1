import { checkBits, pack, unpack } from './bits.ts';

/** One (owner, token) pair of the rollup's state (docs/protocol.md, section 1). */
export interface Account {
  /** `P_3(Ax, Ay, owner)`: the holder's L2 address, in `[1, FIELD)`. */
  readonly keyHash: bigint;
  /** Token id as registered on L1, 16 bits, 1 is ETH. */
  readonly token: number;
  /** Signed ops so far, 40 bits. An account at {@link NONCE_LIMIT} can sign no more. */
  readonly nonce: number;
  /** In the token's unit, 64 bits. */
  readonly balance: bigint;
}

/** The nonce at which an account can sign no more: 2^40 - 1. */
export const NONCE_LIMIT = 2 ** 40 - 1;

/** First balance that does not fit: 2^64 units. */
export const BALANCE_LIMIT = 1n << 64n;

const WORD = [
  ['token', 16],
  ['nonce', 40],
  ['balance', 64],
] as const;

/** Bits of an account's packed word. */
export const WORD_BITS = 120;

/**
 * The account's second tree element, `token | nonce @ 16 | balance @ 56`; 0 for an account that does not exist.
 * @throws {MillraceError} `input/bad-field`
 */
export function packWord(account: Account | undefined): bigint {
  return account === undefined ? 0n : pack(WORD, account);
}

/**
 * Token, nonce and balance of a packed word.
 * @throws {MillraceError} `input/bad-field` when the word has more than 120 bits.
 */
export function unpackWord(word: bigint): { token: number; nonce: number; balance: bigint } {
  const { token, nonce, balance } = unpack(WORD, checkBits('word', word, WORD_BITS));
  return { token: Number(token), nonce: Number(nonce), balance };
}
