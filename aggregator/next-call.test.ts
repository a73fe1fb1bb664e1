import { expect, test } from 'vitest';
import { NextCall } from './next-call.ts';
import type { BatchSource, ProvenBatch } from './ports.ts';
import type { RollupContract } from './rollup-contract.ts';

/** A batch in calldata of so many kilobytes, or in the blob of the batches `first..last`. */
type Kind = number | readonly [first: number, last: number];

/** What goes next of proven batches of these kinds, the first of them number 1, in a call of at most four in calldata. */
function next(kinds: readonly Kind[], first = 1): { numbers: number[]; most: number } | undefined {
  const proven = kinds.map((kind, place) => {
    const inCalldata = typeof kind === 'number';
    return {
      number: place + 1,
      shape: 'tiny',
      data: new Uint8Array(inCalldata ? 1024 * kind : 4),
      blob: inCalldata ? undefined : { first: kind[0], last: kind[1], versionedHash: '0x' },
    } as unknown as ProvenBatch;
  });
  const source = {
    provenBatches: (from: number, limit: number) => proven.slice(from - 1, from - 1 + limit),
  } as unknown as BatchSource;
  const call = new NextCall({ source, rollup: {} as RollupContract, keys: new Map() }).batches(first, 4);
  return call && { numbers: call.batches.map(({ number }) => number), most: call.most };
}

test('no call without a proof', () => {
  expect(next([])).toBeUndefined();
  expect(next([1, 1], 3)).toBeUndefined();
});

test('batches in calldata, as many as there are, at most as many as asked for', () => {
  expect(next([1, 1, 1], 2)).toEqual({ numbers: [2, 3], most: 4 });
  expect(next([1, 1, 1, 1, 1])).toEqual({ numbers: [1, 2, 3, 4], most: 4 });
});

test('what a transaction cannot carry, or goes to a blob, is for another call, and is not waited for', () => {
  expect(next([60, 60, 60])).toEqual({ numbers: [1, 2], most: 2 });
  expect(next([1, 1, [3, 3]])).toEqual({ numbers: [1, 2], most: 2 });
});

test('the batches of a blob, all of them, however many, and no others', () => {
  const five: Kind[] = Array.from({ length: 5 }, () => [1, 5]);
  expect(next([...five, 1])).toEqual({ numbers: [1, 2, 3, 4, 5], most: 5 });
  expect(next([...five, [6, 6]])).toEqual({ numbers: [1, 2, 3, 4, 5], most: 5 });
});

test('no call as long as a batch of the blob has no proof', () => {
  expect(
    next([
      [1, 3],
      [1, 3],
    ]),
  ).toBeUndefined();
});

test('the rest of a blob where L1 has its first batches', () => {
  expect(
    next(
      [
        [1, 3],
        [1, 3],
        [1, 3],
      ],
      2,
    ),
  ).toEqual({ numbers: [2, 3], most: 2 });
});
