import { AbiCoder, getBytes } from 'ethers';
import { expect, test } from 'vitest';
import { Calldata } from './calldata.ts';

const TYPE = '(uint8 a, bytes data)[]';
const encode = (list: readonly (readonly [number, string])[]) =>
  getBytes(`0x01020304${AbiCoder.defaultAbiCoder().encode([TYPE], [list]).slice(2)}`);

/** What the calldata say of the only argument, a list of {@link TYPE}. */
function read(bytes: Uint8Array): [bigint, Uint8Array][] {
  const calldata = new Calldata(bytes);
  const items = calldata.list(calldata.tail(calldata.start, 0));
  return items.map((item) => [calldata.field(item, 0), calldata.bytes(calldata.tail(item, 1))]);
}

test('what an encoder writes', () => {
  const long = `0x${'ab'.repeat(40)}`;
  const list = [[1, '0x'] as const, [255, long] as const, [0, '0x0102'] as const];
  expect(read(encode(list))).toEqual(list.map(([a, data]) => [BigInt(a), getBytes(data)]));
  expect(read(encode([]))).toEqual([]);
});

test('words beyond the end are 0, and one that the end cuts is filled up with zeros', () => {
  const calldata = new Calldata(Uint8Array.from([0, 0, 0, 0, 7]));
  expect(calldata.word(4n)).toBe(7n << 248n);
  expect([calldata.word(5n), calldata.word(-1n), calldata.word(2n ** 256n - 1n)]).toEqual([0n, 0n, 0n]);
  expect(calldata.bytes(5n)).toEqual(new Uint8Array());
});

test('a list or bytes that are longer than the calldata are refused', () => {
  const bytes = encode([[1, '0x010203']]);
  expect(read(bytes.subarray(0, -29))).toEqual([[1n, Uint8Array.from([1, 2, 3])]]);
  expect(() => read(bytes.subarray(0, -30))).toThrow(RangeError);
  const endless = bytes.slice();
  endless[4 + 32] = 1; // the highest byte of the list's length
  expect(() => read(endless)).toThrow(RangeError);
});
