import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BatchKind, RandomRollup, type Start } from '../test/support/random-batch.ts';
import { SHAPES, type Shape } from './shape.ts';
import { State } from './state.ts';

const SHAPES_TESTED: Shape[] = [SHAPES.tiny, { name: 'wide', n2: 8, n1: 6, m: 12, depth: 8 }];
const STARTS: Start[] = ['fresh', 'populated', 'crowded'];
const KINDS: BatchKind[] = ['mixed', 'full', 'l1'];

type Totals = Record<number, bigint>;

function addTo(totals: Totals, items: readonly { token: number; amount: bigint }[]): Totals {
  for (const { token, amount } of items) totals[token] = (totals[token] ?? 0n) + amount;
  return totals;
}

const balances = (state: State) =>
  addTo(
    {},
    state.snapshot().map(([, { token, balance }]) => ({ token, amount: balance })),
  );

test('money neither appears nor vanishes: balances and payouts are what was there and what was deposited', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(...STARTS),
      fc.constantFrom(...SHAPES_TESTED),
      fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 5 }),
      (seed, start, shape, kinds) => {
        const rollup = new RandomRollup(seed, shape.depth, start);
        const inflow = balances(rollup.state);
        const outflow: Totals = {};
        for (const kind of kinds) {
          const { batch, l1 } = rollup.nextBatch(shape, kind);
          addTo(
            inflow,
            l1.filter((op) => op.type === 'deposit'),
          );
          addTo(outflow, batch.payouts);
        }
        const total = Object.entries(outflow).map(([token, amount]) => ({ token: Number(token), amount }));
        expect(withoutZeros(addTo(balances(rollup.state), total))).toEqual(withoutZeros(inflow));
      },
    ),
    { numRuns: 40 },
  );
});

test('the new root is that of a state built from the accounts alone, and links the batches', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(...STARTS), (seed, start) => {
      const rollup = new RandomRollup(seed, 8, start);
      let root = rollup.state.root;
      for (const kind of ['full', 'mixed', 'full'] as const) {
        const { batch } = rollup.nextBatch(SHAPES.tiny, kind);
        expect(batch.oldRoot).toBe(root);
        expect(State.restore(8, rollup.state.snapshot()).root).toBe(batch.newRoot);
        root = batch.newRoot;
      }
    }),
    { numRuns: 8 },
  );
});

function withoutZeros(totals: Totals): Totals {
  return Object.fromEntries(Object.entries(totals).filter(([, amount]) => amount !== 0n));
}
