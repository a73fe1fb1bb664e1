import { expect, test } from 'vitest';
import { RandomRollup } from '../test/support/random-batch.ts';
import type { Account } from './account.ts';
import { genesisRoot, State, stateRoot } from './state.ts';
import { emptyNodes } from './tree.ts';

const account = (keyHash: bigint, token: number): Account => ({ keyHash, token, nonce: 0, balance: 1n });
const SHAPE = { name: 'test', n2: 8, n1: 6, m: 12, depth: 8 };

test('a rollup starts with no account and index 1 to be created', () => {
  const state = new State(8);
  expect(state.accountCount).toBe(1);
  expect(state.root).toBe(stateRoot(emptyNodes(8).at(-1)!, 1));
  expect(state.root).toBe(genesisRoot(8));
});

test('a snapshot restores accounts, root and who holds what', () => {
  const { state } = new RandomRollup(3, 8, 'populated');
  const copy = State.restore(8, state.snapshot().reverse());
  expect(copy.root).toBe(state.root);
  expect(copy.snapshot()).toEqual(state.snapshot());
  for (const [index, { keyHash, token }] of state.snapshot()) expect(copy.find(keyHash, token)).toBe(index);
});

test.each([
  ['a gap', [1, 3]],
  ['index 0', [0, 1]],
  ['one index twice', [1, 1]],
])('a snapshot with %s is refused', (_, indexes) => {
  expect(() =>
    State.restore(
      8,
      indexes.map((index) => [index, account(5n, 1)]),
    ),
  ).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
});

test('of several accounts of one key and token, the lowest is found', () => {
  const state = State.restore(8, [
    [2, account(5n, 1)],
    [1, account(5n, 1)],
    [3, account(5n, 2)],
  ]);
  expect(state.find(5n, 1)).toBe(1);
  expect(state.find(5n, 2)).toBe(3);
  expect(state.find(6n, 1)).toBeUndefined();
});

test.each([1, 2, 3, 4])('undo takes batches back, run %d', (seed) => {
  const rollup = new RandomRollup(seed, 8, 'populated');
  const before: { root: bigint; snapshot: unknown }[] = [];
  const batches = Array.from({ length: 5 }, () => {
    before.push({ root: rollup.state.root, snapshot: rollup.state.snapshot() });
    return rollup.nextBatch(SHAPE).batch;
  });
  for (const batch of batches.reverse()) {
    rollup.state.undo(batch);
    const { root, snapshot } = before.pop()!;
    expect(rollup.state.root).toBe(root);
    expect(rollup.state.snapshot()).toEqual(snapshot);
    for (const { index, before: old, after } of batch.changes) {
      if (old === undefined) expect(rollup.state.find(after.keyHash, after.token)).not.toBe(index);
    }
  }
});
