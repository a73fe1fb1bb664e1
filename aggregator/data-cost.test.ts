import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resultSchema } from '../bench/result.ts';
import { blobCallGas, calldataCallGas, type L1Prices, transferCost } from './data-cost.ts';

/** EIP-7623. */
const FLOOR = 40;
const prices: L1Prices = { gas: 10n ** 9n, blobGas: 1n, floor: FLOOR };

describe('the gas of a call', () => {
  const { series } = resultSchema.parse(JSON.parse(readFileSync('bench/results/gas.json', 'utf8')));
  const measured = series.map(({ labels, metrics }) => ({
    size: { batches: Number(labels.batches), transfers: Number(labels.transfers) },
    calldata: metrics['one call']?.samples[0],
    blob: metrics['one call, blob']?.samples[0],
  }));

  test.each(measured)('is forecast within 3 percent of what was measured: $size', (figures) => {
    const { size, calldata, blob } = figures;
    if (calldata !== undefined)
      expect(Math.abs(calldataCallGas(size, FLOOR) / calldata - 1)).toBeLessThan(0.03);
    if (blob !== undefined) expect(Math.abs(blobCallGas(size) / blob - 1)).toBeLessThan(0.03);
  });

  test('in calldata is not below the floor of its bytes', () => {
    const long = { batches: 1, transfers: 2048 };
    expect(calldataCallGas(long, 64)).toBeGreaterThan(1.5 * calldataCallGas(long, 40));
    expect(calldataCallGas({ batches: 1, transfers: 16 }, 64)).toBe(
      calldataCallGas({ batches: 1, transfers: 16 }, 0),
    );
  });
});

describe('the cost of a transfer', () => {
  const size = { batches: 8, transfers: 64 };

  test('is that of its share of the call, and of the blob', () => {
    expect(transferCost('calldata', size, prices)).toBe(
      (BigInt(calldataCallGas(size, FLOOR)) * prices.gas) / 512n,
    );
    const dear = { ...prices, blobGas: 10n ** 9n };
    const blob = (p: L1Prices) => transferCost('blob', size, p)!;
    expect(blob(dear) - blob({ ...prices, blobGas: 0n })).toBe((131_072n * 10n ** 9n) / 512n);
  });

  test('is unknown where L1 has no blobs', () => {
    expect(transferCost('blob', size, { ...prices, blobGas: undefined })).toBeUndefined();
  });
});
