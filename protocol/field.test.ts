import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIELD, fromLoHi, hi, invert, isFieldElement, lo, reduce } from './field.ts';

const element = fc.bigInt({ min: 0n, max: FIELD - 1n });

test('low and high part make the value again and have 248 and 6 bits', () => {
  fc.assert(
    fc.property(element, (x) => {
      expect(fromLoHi(lo(x), hi(x))).toBe(x);
      expect(lo(x) >> 248n).toBe(0n);
      expect(hi(x) >> 6n).toBe(0n);
    }),
  );
});

test('a value times its inverse is 1', () => {
  fc.assert(
    fc.property(element, (x) => {
      expect(reduce(x * invert(x))).toBe(x === 0n ? 0n : 1n);
    }),
  );
});

test('only bigints of [0, r) are field elements', () => {
  for (const good of [0n, 1n, FIELD - 1n]) expect(isFieldElement(good)).toBe(true);
  for (const bad of [-1n, FIELD, 1, '1', undefined, null]) expect(isFieldElement(bad)).toBe(false);
});
