import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, toHex, wordFromInteger } from './bytes.ts';
import { decodeL1Op, decodeL1Result } from './l1-ops.ts';
import { OP_TYPE } from './ops.ts';
import type { BatchContent } from './vector.ts';

/** What a finalized batch lets an L1 address claim. */
export interface Payout {
  /** L1 address as an integer. */
  readonly owner: bigint;
  readonly token: number;
  /** In the token's unit. */
  readonly amount: bigint;
}

/** Root of a batch without payouts. */
export const NO_PAYOUTS = `0x${'0'.repeat(64)}`;

/** The payouts that the content of a batch describes, in claim order (docs/protocol.md, section 3.4). */
export function payoutsOf(content: Pick<BatchContent, 'l1' | 'l2'>): Payout[] {
  const payouts: Payout[] = [];
  for (const { elements, result } of content.l1) {
    const { token, amount } = decodeL1Result(result);
    if (amount === 0n) continue;
    const op = decodeL1Op(elements);
    payouts.push({ owner: op.type === 'deposit' ? op.depositor : op.owner, token, amount });
  }
  for (const op of content.l2) {
    if (op.type === OP_TYPE.withdraw) payouts.push({ owner: op.aux, token: op.to, amount: op.amount });
  }
  return payouts;
}

/** Root of the payouts tree, `0x` and 64 digits. */
export function payoutsRoot(payouts: readonly Payout[]): string {
  const root = levels(payouts).at(-1)?.[0];
  return root === undefined ? NO_PAYOUTS : toHex(root);
}

/**
 * The siblings that lead from payout `i` to the root, bottom first, as `claim` takes them.
 * @param i `0 <= i < payouts.length`
 */
export function payoutProof(payouts: readonly Payout[], i: number): string[] {
  const proof: string[] = [];
  let place = i;
  for (const level of levels(payouts)) {
    const sibling = level[place ^ 1];
    if (sibling !== undefined) proof.push(toHex(sibling));
    place >>= 1;
  }
  return proof;
}

/** `keccak256(keccak256(abi.encode(i, owner, token, amount)))`: hashed twice, so that no inner node is a leaf. */
function leaf({ owner, token, amount }: Payout, i: number): Uint8Array {
  const words = [BigInt(i), owner, BigInt(token), amount].map(wordFromInteger);
  return keccak_256(keccak_256(concatBytes(words)));
}

/** All levels, leaves first; an odd last node rises unchanged. */
function levels(payouts: readonly Payout[]): Uint8Array[][] {
  let level = payouts.map(leaf);
  const all = [level];
  while (level.length > 1) {
    const below = level;
    level = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => {
      const [left, right] = [below[2 * i]!, below[2 * i + 1]];
      return right === undefined ? left : hashPair(left, right);
    });
    all.push(level);
  }
  return all;
}

function hashPair(a: Uint8Array, b: Uint8Array): Uint8Array {
  return keccak_256(toHex(a) < toHex(b) ? concatBytes([a, b]) : concatBytes([b, a]));
}
