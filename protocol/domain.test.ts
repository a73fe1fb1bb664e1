import { AbiCoder, getAddress, keccak256 } from 'ethers';
import { expect, test } from 'vitest';
import { addressToInteger, domain, integerToAddress } from './domain.ts';

const ROLLUP = `0x${'a1'.repeat(20)}`;

test('equals the ABI encoding of ethers', () => {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['string', 'uint256', 'address'],
    ['Millrace v1', 31337n, ROLLUP],
  );
  expect(domain(31337n, ROLLUP)).toBe(BigInt(keccak256(encoded)) % 2n ** 248n);
  expect(domain(31337n, getAddress(ROLLUP))).toBe(domain(31337n, ROLLUP));
});

test('chain and contract both count', () => {
  expect(domain(1n, ROLLUP)).not.toBe(domain(31337n, ROLLUP));
  expect(domain(1n, `0x${'a2'.repeat(20)}`)).not.toBe(domain(1n, ROLLUP));
});

test('an address goes to an integer and back', () => {
  expect(integerToAddress(addressToInteger(ROLLUP))).toBe(ROLLUP);
  expect(integerToAddress(1n)).toBe(`0x${'0'.repeat(39)}1`);
  for (const bad of ['', '0x', ROLLUP.slice(2), `${ROLLUP}0`]) {
    expect(() => addressToInteger(bad)).toThrow(expect.objectContaining({ code: 'bad-address' }));
  }
});
