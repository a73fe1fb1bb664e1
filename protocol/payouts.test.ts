import { AbiCoder, concat, keccak256 } from 'ethers';
import { describe, expect, test } from 'vitest';
import { RandomRollup } from '../test/support/random-batch.ts';
import { NO_PAYOUTS, type Payout, payoutProof, payoutsOf, payoutsRoot } from './payouts.ts';
import { fromVector } from './vector.ts';

const payout = (i: number): Payout => ({ owner: 100n + BigInt(i), token: i + 1, amount: 1000n + BigInt(i) });
const list = (n: number) => Array.from({ length: n }, (_, i) => payout(i));

/** As the contract climbs: only the sorted pair counts. */
function climb(i: number, { owner, token, amount }: Payout, proof: readonly string[]): string {
  const types = ['uint256', 'address', 'uint256', 'uint256'];
  const address = `0x${owner.toString(16).padStart(40, '0')}`;
  const leaf = keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(types, [i, address, token, amount])));
  return proof.reduce((node, sibling) => keccak256(concat([node, sibling].sort())), leaf);
}

test('no payout has the root 0', () => {
  expect(payoutsRoot([])).toBe(NO_PAYOUTS);
  expect(BigInt(NO_PAYOUTS)).toBe(0n);
});

test.each([1, 2, 3, 4, 5, 7, 8, 13])('every one of %d payouts leads to the root', (n) => {
  const payouts = list(n);
  const root = payoutsRoot(payouts);
  payouts.forEach((item, i) => {
    const proof = payoutProof(payouts, i);
    expect(climb(i, item, proof)).toBe(root);
    expect(climb(i, { ...item, amount: item.amount + 1n }, proof)).not.toBe(root);
    expect(climb(i + 1, item, proof)).not.toBe(root);
  });
});

describe('of random batches', () => {
  test.each([1, 2, 3])('the payouts that L1 reads from the data are those of the ops, run %d', (seed) => {
    const shape = { name: 'x', n2: 8, n1: 6, m: 24, depth: 8 };
    const rollup = new RandomRollup(seed, 8, seed === 3 ? 'crowded' : 'populated');
    for (let i = 0; i < 4; i++) {
      const { batch, l1, l2 } = rollup.nextBatch(shape, 'full');
      const fromL1 = batch.l1Results.flatMap(({ token, amount }, t) => {
        const op = l1[t]!;
        return amount === 0n
          ? []
          : [{ owner: op.type === 'deposit' ? op.depositor : op.owner, token, amount }];
      });
      const fromL2 = l2.flatMap(({ op, owner }) => {
        return op.type === 'withdraw' ? [{ owner, token: op.token, amount: op.amount }] : [];
      });
      expect(batch.payouts).toEqual([...fromL1, ...fromL2]);
      expect(payoutsOf(fromVector(batch.d, shape))).toEqual(batch.payouts);
    }
  });
});
