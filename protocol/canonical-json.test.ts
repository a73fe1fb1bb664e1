import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('sorts keys at every depth and leaves arrays in order', () => {
    expect(canonicalJson({ b: [2, 1], a: { d: true, c: 'x' } })).toBe('{"a":{"c":"x","d":true},"b":[2,1]}');
  });

  it('does not depend on the order in which members were added, and loses nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.maxSafeInteger())), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(Object.entries(JSON.parse(canonicalJson(value))).sort()).toEqual(Object.entries(value).sort());
      }),
    );
  });

  it.each([0.5, Number.NaN, 2 ** 53])('refuses the number %d', (number) => {
    expect(() => canonicalJson([number])).toThrow(RangeError);
  });
});
