import { expect, test } from 'vitest';
import { componentLogger } from '../prover/log.ts';
import { CallTiming, type Finality } from './call-timing.ts';

const logger = componentLogger('test').child({}, { level: 'silent' });
const timing = (finality: Finality = 'cheap'): CallTiming =>
  new CallTiming({ finality, waitMs: 60_000, logger });

test('fast waits for nothing', () => {
  expect(timing('fast').forecast([1], 8, 0)).toMatchObject({ submit: true, reason: 'fast' });
});

test('cheap waits until a call is full', () => {
  const cheap = timing();
  expect(cheap.forecast([1], 3, 0)).toMatchObject({
    submit: false,
    reason: 'more-expected',
    batches: 1,
    most: 3,
    gasToSave: Math.round(223_000 / 1 - 223_000 / 3),
  });
  expect(cheap.forecast([1, 2], 3, 10_000)).toMatchObject({ submit: false, nextProofMs: 10_000 });
  expect(cheap.forecast([1, 2, 3], 3, 20_000)).toMatchObject({ submit: true, reason: 'full', gasToSave: 0 });
});

test('nobody waits while an L1 op has been waiting for long', () => {
  let isUrgent = false;
  const cheap = new CallTiming({ finality: 'cheap', waitMs: 60_000, isUrgent: () => isUrgent, logger });
  expect(cheap.forecast([1], 3, 0)).toMatchObject({ submit: false, reason: 'more-expected' });
  isUrgent = true;
  expect(cheap.forecast([1], 3, 1)).toMatchObject({ submit: true, reason: 'urgent' });
});

test('a batch waits no longer than it may, also if nothing is known of the next proof', () => {
  const cheap = timing();
  expect(cheap.forecast([1], 3, 0).submit).toBe(false);
  expect(cheap.forecast([1], 3, 59_999)).toMatchObject({ submit: false, waitedMs: 59_999 });
  expect(cheap.forecast([1], 3, 60_000)).toMatchObject({ submit: true, reason: 'waited' });
});

test('nobody waits for a proof that is expected too late', () => {
  const cheap = timing();
  expect(cheap.forecast([1], 3, 0).submit).toBe(false);
  expect(cheap.forecast([1, 2], 3, 40_000)).toMatchObject({
    submit: true,
    reason: 'none-in-time',
    nextProofMs: 40_000,
  });
});

test('the wait is that of the oldest batch that is still to go', () => {
  const cheap = timing();
  cheap.forecast([1, 2], 2, 0);
  expect(cheap.forecast([3], 2, 50_000)).toMatchObject({ waitedMs: 0, submit: false });
  expect(cheap.forecast([3], 2, 110_000)).toMatchObject({ waitedMs: 60_000, reason: 'waited' });
});

test('the gap between proofs is a running mean, and a late proof is expected at once', () => {
  const cheap = timing();
  cheap.forecast([1], 8, 0);
  cheap.forecast([1, 2], 8, 4_000);
  expect(cheap.forecast([1, 2, 3], 8, 12_000)).toMatchObject({ nextProofMs: 5_000 });
  expect(cheap.forecast([1, 2, 3], 8, 30_000)).toMatchObject({ nextProofMs: 0, submit: false });
});
