import { describe, expect, test } from 'vitest';
import { RandomRollup } from '../test/support/random-batch.ts';
import { type BatchHeader, genesisHeader, headerHash, NO_PARENT, readCommitted } from './batch-header.ts';
import { MillraceError } from './error.ts';
import { payoutsOf, payoutsRoot } from './payouts.ts';
import { replayBatch } from './replay.ts';
import { SHAPES, type Shape } from './shape.ts';
import { State } from './state.ts';
import type { SealedBatch } from './transition.ts';
import type { BatchContent } from './vector.ts';

const WIDE: Shape = { name: 'wide', n2: 9, n1: 6, m: 16, depth: 32 };

function committed(batch: SealedBatch, shape: Shape, domain: bigint) {
  const { number, oldRoot, newRoot, c, data, shapeId } = batch;
  const parent: BatchHeader = { ...genesisHeader(oldRoot), number: number - 1, l1End: 40 };
  return readCommitted({ shape: shapeId, newRoot, c, data }, parent, { shape, domain, committedAt: 1234 });
}

describe.each<Shape>([SHAPES.tiny, SHAPES.small, WIDE])('shape $name', (shape) => {
  test.each(['fresh', 'populated'] as const)('%s: a state follows from the data alone', (start) => {
    for (let seed = 0; seed < 2; seed++) {
      const rollup = new RandomRollup(seed, shape.depth, start);
      const state = State.restore(shape.depth, rollup.state.snapshot());
      for (let n = 0; n < 3; n++) {
        const { batch, l1 } = rollup.nextBatch(shape);
        const { header, content } = committed(batch, shape, rollup.domain);
        expect(header).toMatchObject({ number: n + 1, l1End: 40 + l1.length, z: batch.z, y: batch.y });
        expect(header.payoutsRoot).toBe(payoutsRoot(batch.payouts));
        expect(payoutsOf(content)).toEqual(batch.payouts);
        const replayed = replayBatch(state, content);
        expect(replayed.changes).toEqual(batch.changes);
        expect(state.root).toBe(batch.newRoot);
        expect(state.snapshot()).toEqual(rollup.state.snapshot());
      }
    }
  });
});

test('a full tree refuses deposits', () => {
  const rollup = new RandomRollup(3, 8, 'crowded');
  const state = State.restore(8, rollup.state.snapshot());
  let refused = 0;
  for (let n = 0; n < 100 && refused === 0; n++) {
    const { batch } = rollup.nextBatch(SHAPES.tiny, 'l1');
    replayBatch(state, committed(batch, SHAPES.tiny, rollup.domain).content);
    refused += batch.l1Results.filter(({ outcome }) => outcome === 'refused').length;
  }
  expect(refused).toBeGreaterThan(0);
  expect(state.root).toBe(rollup.state.root);
});

test('what a batch did can be taken back', () => {
  const rollup = new RandomRollup(5, 11);
  const before = rollup.state.snapshot();
  const state = State.restore(11, before);
  const { root } = state;
  const { batch } = rollup.nextBatch(SHAPES.small, 'full');
  state.undo(replayBatch(state, committed(batch, SHAPES.small, rollup.domain).content));
  expect(state.root).toBe(root);
  expect(state.snapshot()).toEqual(before);
});

describe('data that no prover could have proven are refused, and the state stays', () => {
  const rollup = new RandomRollup(11, 11);
  const before = rollup.state.snapshot();
  const contents: [BatchContent, [number, ReturnType<State['get']>][]][] = [];
  for (let n = 0; n < 12; n++) {
    const accounts = rollup.state.snapshot();
    const { batch } = rollup.nextBatch(SHAPES.small, 'full');
    contents.push([committed(batch, SHAPES.small, rollup.domain).content, accounts]);
  }
  type Change = (content: BatchContent) => BatchContent | undefined;
  const op = (change: Partial<BatchContent['l2'][number]>, type?: number): Change => {
    return (content) => {
      const i = content.l2.findIndex((entry) => type === undefined || entry.type === type);
      if (i < 0) return undefined;
      return { ...content, l2: content.l2.with(i, { ...content.l2[i]!, ...change }) };
    };
  };
  const deposit = (result: bigint): Change => {
    return (content) => {
      const i = content.l1.findIndex(({ elements }) => (elements[0] & 3n) === 1n);
      return i < 0 ? undefined : { ...content, l1: content.l1.with(i, { ...content.l1[i]!, result }) };
    };
  };
  const exit: Change = (content) => {
    const i = content.l1.findIndex(({ elements }) => (elements[0] & 3n) === 2n);
    return i < 0 ? undefined : { ...content, l1: content.l1.with(i, { ...content.l1[i]!, result: 77n }) };
  };

  test.each<[what: string, place: RegExp, reason: string, change: Change]>([
    ['another root', /root\b/, '', (content) => ({ ...content, newRoot: content.newRoot + 1n })],
    ['a payer that is not there', /signed op/, 'does not exist', op({ from: 2000 })],
    ['a payee that is not there', /signed op/, 'does not exist', op({ to: 2000 }, 1)],
    ['more than there is', /signed op/, 'above the balance', op({ amount: (1n << 64n) - 1n })],
    ['a withdrawal of another token', /signed op/, 'another token', op({ to: 999 }, 3)],
    ['a refusal where there is room', /L1 op/, 'not full', deposit(0n)],
    ['a credit to an account that is not there', /L1 op/, 'does not exist', deposit(2000n)],
    ['a credit that is paid back too', /L1 op/, 'and paid back', deposit(1n | (5n << 48n))],
    ['a credit to another holder', /L1 op/, 'another key', deposit(1n)],
    ['another result of an exit', /L1 op/, 'another result', exit],
    [
      'an op of the queue that is none',
      /L1 op/,
      'no L1 op',
      (c) => ({ ...c, l1: [{ elements: [3n, 0n, 0n], result: 0n }] }),
    ],
    [
      'a fee account that is not there',
      /fees/,
      'does not exist',
      (c) => ({ ...c, feeIndexes: [2000, 0, 0, 0] }),
    ],
    ['two fee accounts of a token', /fees/, 'one token', (c) => ({ ...c, feeIndexes: [1, 1, 0, 0] })],
    ['fees for nobody', /fees/, 'no account', (c) => ({ ...c, feeIndexes: [0, 0, 0, 0] })],
  ])('%s', (_what, place, reason, change) => {
    let tried = 0;
    for (const [content, accounts] of contents) {
      const lie = change(content);
      if (lie === undefined) continue;
      const state = State.restore(11, accounts as typeof before);
      const { root } = state;
      const refusal = refusalOf(() => replayBatch(state, lie));
      // Some batches have nothing for the lie to bite on: fees, say, where there are none.
      if (refusal === undefined) continue;
      expect(refusal).toMatchObject({ kind: 'refused', code: 'batch-does-not-apply' });
      if (
        !place.test(String(refusal.details.place)) ||
        !String(refusal.details.reason ?? '').includes(reason)
      )
        continue;
      tried += 1;
      expect(state.root).toBe(root);
    }
    expect(tried).toBeGreaterThan(0);
  });

  test('every altered amount, account or fee is refused', () => {
    for (const [content, accounts] of contents) {
      content.l2.forEach((entry, i) => {
        // To pay oneself another amount changes nothing; L1's challenge binds the bytes.
        if (entry.type === 1 && entry.from === entry.to) return;
        for (const other of [
          { ...entry, amount: entry.amount + 1n },
          { ...entry, from: entry.from + 1 },
        ]) {
          const state = State.restore(11, accounts as typeof before);
          const lie = { ...content, l2: content.l2.with(i, other) };
          expect(refusalOf(() => replayBatch(state, lie))).toMatchObject({ code: 'batch-does-not-apply' });
        }
      });
    }
  });
});

function refusalOf(act: () => unknown): MillraceError | undefined {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    return error as MillraceError;
  }
  return undefined;
}

test('headers are hashed as the contract hashes them', () => {
  const genesis = genesisHeader(7n);
  expect(headerHash(genesis, NO_PARENT)).toMatch(/^0x[0-9a-f]{64}$/);
  const changes: Partial<BatchHeader>[] = [
    { number: 1 },
    { shape: 1 },
    { committedAt: 1 },
    { l1End: 1 },
    { newRoot: 8n },
    { c: 1n },
    { z: 1n },
    { y: 1n },
    { payoutsRoot: `0x${'1'.repeat(64)}` },
  ];
  const hashes = changes.map((change) => headerHash({ ...genesis, ...change }, NO_PARENT));
  hashes.push(headerHash(genesis, NO_PARENT), headerHash(genesis, hashes[0]!));
  expect(new Set(hashes).size).toBe(changes.length + 2);
});
