import { describe, expect, test } from 'vitest';
import { Random } from '../scripts/random.ts';
import { type Account, packWord } from './account.ts';
import { poseidon } from './poseidon.ts';
import { AccountTree, ARITIES, cachedLevels, emptyNodes } from './tree.ts';

const DEPTHS = Object.keys(ARITIES).map(Number);

function randomAccount(random: Random): Account {
  return {
    keyHash: 1n + random.bits(253),
    token: 1 + random.below(65535),
    nonce: random.below(2 ** 32),
    balance: random.bits(64),
  };
}

/** The root from the definition, every node hashed. */
function naiveRoot(accounts: ReadonlyMap<number, Account>, depth: number): bigint {
  const [, ...arities] = ARITIES[depth]!;
  let level = Array.from({ length: 2 ** (depth - 2) }, (_, node) =>
    poseidon(
      [0, 1, 2, 3].flatMap((i) => {
        const account = accounts.get(4 * node + i);
        return [account?.keyHash ?? 0n, packWord(account)];
      }),
    ),
  );
  for (const arity of arities) {
    const below = level;
    level = Array.from({ length: below.length / arity }, (_, i) =>
      poseidon(below.slice(i * arity, (i + 1) * arity)),
    );
  }
  return level[0]!;
}

test.each(DEPTHS)('the arities of depth %d take all its bits', (depth) => {
  expect(ARITIES[depth]!.reduce((product, arity) => product * arity)).toBe(2 ** depth);
});

test.each(DEPTHS)('the empty tree of depth %d has the empty root', (depth) => {
  expect(new AccountTree(depth).root).toBe(emptyNodes(depth).at(-1));
});

test('the tree of depth 32 contains that of depth 24 as its first child', () => {
  const account = randomAccount(new Random(5));
  const small = new AccountTree(24);
  const large = new AccountTree(32);
  for (const tree of [small, large]) tree.set(2 ** 24 - 1, account);
  const empty = emptyNodes(32);
  const wrapped = poseidon([small.root, ...Array<bigint>(15).fill(empty[7]!)]);
  expect(large.root).toBe(poseidon([wrapped, ...Array<bigint>(15).fill(empty[8]!)]));
});

describe('against the definition', () => {
  test('random sets and removals at depth 8', () => {
    const random = new Random(2);
    const tree = new AccountTree(8);
    const accounts = new Map<number, Account>();
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 20; i++) {
        const index = random.pick([random.below(256), random.below(8), 255]);
        const account = random.chance(80) ? randomAccount(random) : undefined;
        tree.set(index, account);
        if (account === undefined) accounts.delete(index);
        else accounts.set(index, account);
      }
      expect(tree.root).toBe(naiveRoot(accounts, 8));
    }
    for (const index of [...accounts.keys()]) tree.set(index, undefined);
    expect(tree.root).toBe(emptyNodes(8).at(-1));
  });
});

test.each(DEPTHS)('an opening leads to the root at depth %d', (depth) => {
  const random = new Random(depth);
  const tree = new AccountTree(depth);
  const arities = ARITIES[depth]!;
  const hashed = arities.length - cachedLevels(depth);
  const indexes = [0, 2 ** depth - 1, random.below(2 ** depth), random.below(2 ** depth)];
  for (const index of indexes) {
    tree.set(index, randomAccount(random));
    tree.set(index % 2 === 0 ? index + 1 : index - 1, randomAccount(random));
    const { bottom, siblings } = tree.opening(index);
    expect(bottom.slice(2 * (index % 4), 2 * (index % 4) + 2)).toEqual([
      tree.get(index)!.keyHash,
      packWord(tree.get(index)),
    ]);
    let node = poseidon(bottom);
    let place = Math.floor(index / 4);
    let offset = 0;
    for (const arity of arities.slice(1, hashed)) {
      const children = siblings.slice(offset, offset + arity);
      expect(children[place % arity]).toBe(node);
      node = poseidon(children);
      place = Math.floor(place / arity);
      offset += arity;
    }
    expect(offset).toBe(siblings.length);
    let level = tree.cachedRoots();
    expect(level[place]).toBe(node);
    for (const arity of arities.slice(hashed)) {
      const below = level;
      level = Array.from({ length: below.length / arity }, (_, i) =>
        poseidon(below.slice(i * arity, (i + 1) * arity)),
      );
    }
    expect(level).toEqual([tree.root]);
    expectPath(tree, index);
  }
});

test.each(DEPTHS)('updates all together are what they are one after the other, at depth %d', (depth) => {
  const random = new Random(depth + 100);
  const [together, apart] = [new AccountTree(depth), new AccountTree(depth)];
  for (let round = 0; round < 4; round++) {
    const updates = Array.from({ length: round * 5 }, () => ({
      index: random.pick([random.below(2 ** depth), random.below(40)]),
      after: random.chance(70) ? randomAccount(random) : undefined,
    }));
    const openings = updates.map(({ index, after }) => {
      const opening = apart.opening(index);
      if (after !== undefined) apart.set(index, after);
      return opening;
    });
    expect(together.openAndSet(updates)).toEqual(openings);
    expect(together.cachedRoots()).toEqual(apart.cachedRoots());
    expect(together.root).toBe(apart.root);
  }
});

test('indexes and depths outside of the definition are refused', () => {
  for (const index of [-1, 256, 1.5, Number.NaN]) {
    expect(() => new AccountTree(8).set(index, undefined)).toThrow(
      expect.objectContaining({ code: 'bad-index' }),
    );
  }
  expect(() => new AccountTree(9)).toThrow(expect.objectContaining({ code: 'unknown-depth' }));
});

/** The path's children hash up to the root, each node the one of the index. */
function expectPath(tree: AccountTree, index: number): void {
  const { bottom, children } = tree.path(index);
  let node = poseidon(bottom);
  let place = Math.floor(index / 4);
  let offset = 0;
  for (const arity of ARITIES[tree.depth]!.slice(1)) {
    const level = children.slice(offset, offset + arity);
    expect(level[place % arity]).toBe(node);
    node = poseidon(level);
    place = Math.floor(place / arity);
    offset += arity;
  }
  expect([offset, node]).toEqual([children.length, tree.root]);
}
