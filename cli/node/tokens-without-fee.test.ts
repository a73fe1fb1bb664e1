import { expect, test } from 'vitest';
import { tokensWithoutFee } from './tokens-without-fee.ts';

const tokens = [1, 2, 3].map((id) => ({
  id,
  symbol: `T${id}`,
  address: `0x${String(id).repeat(40)}`,
  decimals: 0,
  unitExponent: 0,
}));
const fees = new Map([
  [1, 5n],
  [2, 0n],
]);

test('names the tokens whose ops are free, but not on a local chain', () => {
  expect(tokensWithoutFee({ chainId: 11_155_111, tokens }, fees)).toEqual([2, 3]);
  for (const chainId of [31337, 1337]) expect(tokensWithoutFee({ chainId, tokens }, fees)).toEqual([]);
});
