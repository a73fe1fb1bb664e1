import { expect, test } from 'vitest';
import { type Account, NONCE_LIMIT, packWord, unpackWord } from './account.ts';

const largest: Account = { keyHash: 1n, token: 65535, nonce: NONCE_LIMIT, balance: 2n ** 64n - 1n };

test('token, nonce and balance stand at bits 0, 16 and 56', () => {
  const word = packWord({ keyHash: 9n, token: 3, nonce: 5, balance: 7n });
  expect(word).toBe(3n + 5n * 2n ** 16n + 7n * 2n ** 56n);
  expect(unpackWord(word)).toEqual({ token: 3, nonce: 5, balance: 7n });
});

test('the largest account fills 120 bits, none is 0', () => {
  expect(packWord(largest)).toBe(2n ** 120n - 1n);
  expect(packWord(undefined)).toBe(0n);
});

test.each([{ token: 65536 }, { nonce: NONCE_LIMIT + 1 }, { balance: 2n ** 64n }, { balance: -1n }])(
  '%o does not spill into the next field',
  (part) => {
    expect(() => packWord({ ...largest, ...part })).toThrow(
      expect.objectContaining({
        code: 'bad-field',
        details: expect.objectContaining({ field: Object.keys(part)[0] }),
      }),
    );
  },
);

test('a word of 121 bits is refused', () => {
  expect(() => unpackWord(2n ** 120n)).toThrow(expect.objectContaining({ code: 'bad-field' }));
});
