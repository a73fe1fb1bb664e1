import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replacementBlobFees, replacementFees } from './fees.ts';

const wei = fc.bigInt({ min: 0n, max: 10n ** 15n });
const fees = fc
  .tuple(wei, wei)
  .map(([tip, more]) => ({ maxFeePerGas: tip + more, maxPriorityFeePerGas: tip }));

test('a replacement offers a tenth more in both prices, and never above the cap', () => {
  fc.assert(
    fc.property(fees, fees, wei, (previous, current, cap) => {
      const next = replacementFees(previous, current, cap);
      if (next === undefined) return;
      expect(next.maxFeePerGas * 10n).toBeGreaterThanOrEqual(previous.maxFeePerGas * 11n);
      expect(next.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(previous.maxPriorityFeePerGas * 11n);
      expect(next.maxFeePerGas).toBeGreaterThan(previous.maxFeePerGas);
      expect(next.maxFeePerGas).toBeGreaterThanOrEqual(current.maxFeePerGas);
      expect(next.maxFeePerGas).toBeGreaterThanOrEqual(next.maxPriorityFeePerGas);
      expect(next.maxFeePerGas).toBeLessThanOrEqual(cap);
    }),
  );
});

test('there is none when the cap leaves no room', () => {
  const previous = { maxFeePerGas: 96n, maxPriorityFeePerGas: 8n };
  const current = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
  expect(replacementFees(previous, current, 108n)).toBeUndefined();
  expect(replacementFees(previous, current, 109n)).toEqual({ maxFeePerGas: 109n, maxPriorityFeePerGas: 10n });
});

const blobFees = fc.tuple(fees, wei).map(([both, maxFeePerBlobGas]) => ({ ...both, maxFeePerBlobGas }));

test('a replacement of a transaction with a blob offers twice in all prices, and never above the cap', () => {
  fc.assert(
    fc.property(blobFees, blobFees, wei, (previous, current, cap) => {
      const next = replacementBlobFees(previous, current, cap);
      if (next === undefined) return;
      expect(next.maxFeePerGas).toBeGreaterThanOrEqual(next.maxPriorityFeePerGas);
      for (const price of ['maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas'] as const) {
        expect(next[price]).toBeGreaterThanOrEqual(2n * previous[price]);
        expect(next[price]).toBeGreaterThanOrEqual(current[price]);
        expect(next[price]).toBeLessThanOrEqual(cap);
      }
    }),
  );
});

test('there is none when one of the prices leaves no room', () => {
  const previous = { maxFeePerGas: 9n, maxPriorityFeePerGas: 8n, maxFeePerBlobGas: 50n };
  const current = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: 1n };
  expect(replacementBlobFees(previous, current, 99n)).toBeUndefined();
  const next = { maxFeePerGas: 18n, maxPriorityFeePerGas: 16n, maxFeePerBlobGas: 100n };
  expect(replacementBlobFees(previous, current, 100n)).toEqual(next);
});

test('a transaction with a blob that offers no tip is replaced by one that does', () => {
  const previous = { maxFeePerGas: 9n, maxPriorityFeePerGas: 0n, maxFeePerBlobGas: 50n };
  expect(replacementBlobFees(previous, previous, 100n)).toEqual({
    maxFeePerGas: 18n,
    maxPriorityFeePerGas: 1n,
    maxFeePerBlobGas: 100n,
  });
});
