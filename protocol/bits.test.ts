import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pack, unpack, width } from './bits.ts';

const LAYOUT = [
  ['low', 3],
  ['middle', 64],
  ['high', 13],
] as const;

test('fields come out as they went in, the first in the lowest bits', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 7 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: 0, max: 8191 }),
      (low, middle, high) => {
        const packed = pack(LAYOUT, { low, middle, high });
        expect(packed).toBe(BigInt(low) + middle * 2n ** 3n + BigInt(high) * 2n ** 67n);
        expect(unpack(LAYOUT, packed)).toEqual({ low: BigInt(low), middle, high: BigInt(high) });
      },
    ),
  );
  expect(width(LAYOUT)).toBe(80);
});

test.each([8, -1, 1.5, Number.NaN, 8n, -1n, 2 ** 60])('%s is no integer of 3 bits', (low) => {
  expect(() => pack(LAYOUT, { low, middle: 0, high: 0 })).toThrow(
    expect.objectContaining({
      code: 'bad-field',
      details: expect.objectContaining({ field: 'low', found: String(low) }),
    }),
  );
});
