import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replacementFees } from './fees.ts';

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
