import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELD } from './field.ts';
import {
  decodeL1Op,
  decodeL1Result,
  encodeL1Op,
  encodeL1Result,
  type L1Elements,
  type L1Op,
} from './l1-ops.ts';

const uint = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const element = fc.bigInt({ min: 0n, max: FIELD - 1n });

const l1Op: fc.Arbitrary<L1Op> = fc.oneof(
  fc.record({
    type: fc.constant('deposit' as const),
    depositor: uint(160),
    token: fc.integer({ min: 1, max: 65535 }),
    amount: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    keyHash: fc.bigInt({ min: 1n, max: FIELD - 1n }),
  }),
  fc.record({
    type: fc.constant('forcedExit' as const),
    owner: uint(160),
    index: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    publicKey: fc.tuple(element, element),
  }),
);

test('ops come back from their elements, which are below 2^248', () => {
  fc.assert(
    fc.property(l1Op, (op) => {
      const elements = encodeL1Op(op);
      for (const e of elements) expect(e >> 248n).toBe(0n);
      expect(decodeL1Op(elements)).toEqual(op);
    }),
  );
});

test('fields stand where docs/protocol.md has them', () => {
  const keyHash = (5n << 248n) + 77n;
  expect(encodeL1Op({ type: 'deposit', depositor: 3n, token: 2, amount: 9n, keyHash })).toEqual([
    1n + (5n << 2n) + (2n << 8n) + (9n << 24n) + (3n << 88n),
    77n,
    0n,
  ]);
  const publicKey = [(6n << 248n) + 11n, (7n << 248n) + 12n] as const;
  expect(encodeL1Op({ type: 'forcedExit', owner: 3n, index: 8, publicKey })).toEqual([
    2n + (6n << 2n) + (7n << 8n) + (8n << 14n) + (3n << 88n),
    11n,
    12n,
  ]);
});

describe('decoding refuses', () => {
  const [e0, e1] = encodeL1Op({ type: 'deposit', depositor: 3n, token: 2, amount: 9n, keyHash: 77n });
  const exit = encodeL1Op({ type: 'forcedExit', owner: 3n, index: 8, publicKey: [1n, 2n] });
  test.each<[string, L1Elements]>([
    ['the unused place', [0n, 0n, 0n]],
    ['type 3', [3n, 0n, 0n]],
    ['a keyHash of r', [(e0 & ~0xfcn) | ((FIELD >> 248n) << 2n), FIELD % 2n ** 248n, 0n]],
    ['a keyHash of 0', [e0, 0n, 0n]],
    ['token 0', [e0 & ~(0xffffn << 8n), e1, 0n]],
    ['amount 0', [e0 & ~((2n ** 64n - 1n) << 24n), e1, 0n]],
    ['a third element in a deposit', [e0, e1, 1n]],
    ['bits between index and owner', [exit[0] | (1n << 46n), exit[1], exit[2]]],
    ['a coordinate of r', [exit[0] | ((FIELD >> 248n) << 2n), FIELD % 2n ** 248n, exit[2]]],
    ['an element of 2^248', [e0, 2n ** 248n, 0n]],
    ['a negative element', [e0, -1n, 0n]],
  ])('%s', (_, elements) => {
    expect(() => decodeL1Op(elements)).toThrow(expect.objectContaining({ kind: 'input', code: 'bad-l1-op' }));
  });
});

test('results come back', () => {
  const result = { index: 2 ** 32 - 1, token: 65535, amount: 2n ** 64n - 1n };
  expect(encodeL1Result(result)).toBe(2n ** 112n - 1n);
  expect(decodeL1Result(encodeL1Result(result))).toEqual(result);
  expect(encodeL1Result({ index: 1, token: 2, amount: 3n })).toBe(1n + (2n << 32n) + (3n << 48n));
});
