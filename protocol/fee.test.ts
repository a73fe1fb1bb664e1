import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFee, encodeFee, MAX_FEE } from './fee.ts';

const VALUES = [...new Set(Array.from({ length: 4096 }, (_, code) => decodeFee(code)))].sort((a, b) =>
  a < b ? -1 : 1,
);

test('a code is an 8-bit mantissa and a 4-bit power of ten above it', () => {
  expect(decodeFee(0)).toBe(0n);
  expect(decodeFee(255)).toBe(255n);
  expect(decodeFee(0x1ff)).toBe(2550n);
  expect(decodeFee(0xfff)).toBe(MAX_FEE);
});

test('encoding gives the smallest representable fee that is enough', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 58 }), fc.bigInt({ min: 0n, max: MAX_FEE }), (shift, large) => {
      const units = large >> BigInt(shift);
      expect(decodeFee(encodeFee(units))).toBe(VALUES.find((value) => value >= units));
    }),
  );
});

test('every representable fee is encoded exactly', () => {
  for (const value of VALUES) expect(decodeFee(encodeFee(value))).toBe(value);
});

test('what has no code is refused', () => {
  for (const units of [-1n, MAX_FEE + 1n]) {
    expect(() => encodeFee(units)).toThrow(expect.objectContaining({ code: 'bad-fee' }));
  }
  for (const code of [4096, -1, 0.5]) {
    expect(() => decodeFee(code)).toThrow(expect.objectContaining({ code: 'bad-field' }));
  }
});
