import { AbiCoder, keccak256 } from 'ethers';
import { describe, expect, test } from 'vitest';
import { Random } from '../scripts/random.ts';
import { type BatchKind, RandomRollup, type Start } from '../test/support/random-batch.ts';
import { FIELD } from './field.ts';
import { poseidon } from './poseidon.ts';
import { challenge, decodeData, encodeData, evaluate, hashPublicData } from './public-data.ts';
import { layout, type Shape } from './shape.ts';
import { fromVector, HEAD_LENGTH, toVector } from './vector.ts';

const SHAPE: Shape = { name: 'test', n2: 9, n1: 5, m: 12, depth: 8 };
const WIDE: Shape = { ...SHAPE, depth: 32 };
const headOf = (d: readonly bigint[]) => d.slice(0, HEAD_LENGTH) as [bigint, bigint, bigint, bigint];

describe.each([SHAPE, WIDE])('round trips at depth $depth', (shape) => {
  test.each([1, 2, 3])('random batches, run %d', (seed) => {
    const rollup = new RandomRollup(seed, shape.depth);
    for (const kind of ['empty', 'full', 'mixed', 'full'] satisfies BatchKind[]) {
      const { batch, l1, l2 } = rollup.nextBatch(shape, kind);
      expect(batch.d.length).toBe(layout(shape).length);
      for (const element of batch.d) expect(element >> 248n).toBe(0n);
      const decoded = decodeData(batch.data, shape, headOf(batch.d));
      expect(decoded).toEqual({ d: batch.d, counts: { l1: l1.length, l2: l2.length } });
      expect(encodeData(decoded.d, shape, decoded.counts)).toEqual(batch.data);
      expect(toVector(fromVector(batch.d, shape), shape)).toEqual(batch.d);
    }
  });
});

test('a full vector of more than 124 ops uses every element of types', () => {
  const shape: Shape = { name: 'long', n2: 250, n1: 0, m: 8, depth: 24 };
  const random = new Random(9);
  const l2 = Array.from({ length: 250 }, () => ({
    type: 1 + random.below(3),
    from: random.below(2 ** 24),
    to: random.below(2 ** 24),
    amount: random.bits(64),
    feeCode: random.below(4096),
    aux: 0n,
  }));
  const content = {
    domain: 1n,
    number: 2,
    oldRoot: 3n,
    newRoot: FIELD - 1n,
    feeIndexes: [1, 2, 3, 2 ** 32 - 1],
    l1: [],
    l2,
  };
  const d = toVector(content, shape);
  expect(fromVector(d, shape)).toEqual(content);
  expect(decodeData(encodeData(d, shape, { l1: 0, l2: 250 }), shape, headOf(d)).d).toEqual(d);
});

test('a transfer at 2^24 accounts takes less than 16 bytes', () => {
  expect(layout({ n1: 0, n2: 72, depth: 24 })).toMatchObject({ typeElements: 1, opElements: 36 });
  expect((31 * (1 + 36)) / 72).toBeLessThan(16);
});

describe('decoding names the byte at which the data break the format', () => {
  const { batch } = new RandomRollup(4, 8).nextBatch(SHAPE, 'full');
  const decode = (data: Uint8Array) => decodeData(data, SHAPE, headOf(batch.d));

  test('every shorter text and one byte more', () => {
    for (let length = 0; length < batch.data.length; length++) {
      expect(() => decode(batch.data.slice(0, length))).toThrow(
        expect.objectContaining({ code: 'bad-data' }),
      );
    }
    expect(() => decode(Uint8Array.from([...batch.data, 0]))).toThrow(
      expect.objectContaining({ details: { offset: batch.data.length, expected: 'the end', found: 1 } }),
    );
  });

  const NO_FEES = Array<number>(16).fill(0);
  const element = (...low: number[]) => [...Array<number>(31 - low.length).fill(0), ...low];
  const value = (position: number) => [0, position, ...element(7)];
  test.each<[string, number[], number]>([
    ['too many L1 ops', [...NO_FEES, 0, 6], 18],
    ['too many signed ops', [...NO_FEES, 0, 0, 0, 10], 20],
    ['a value without an op', [...NO_FEES, 0, 0, 0, 0, 0, 1], 22],
    [
      'a value of a Transfer',
      [...NO_FEES, 0, 0, 0, 1, ...element(0b01), ...element(), 0, 1, ...value(0)],
      84,
    ],
    ['a Withdraw without a value', [...NO_FEES, 0, 0, 0, 1, ...element(0b11), ...element(), 0, 0], 84],
    [
      'a value that comes twice',
      [...NO_FEES, 0, 0, 0, 2, ...element(0b1111), ...element(), 0, 2, ...value(0), ...value(0)],
      119,
    ],
    [
      'values out of order',
      [...NO_FEES, 0, 0, 0, 2, ...element(0b1111), ...element(), 0, 2, ...value(1), ...value(0)],
      86,
    ],
    ['a type after the last op', [...NO_FEES, 0, 0, 0, 1, ...element(0b0101), ...element(), 0, 0], 82],
    [
      'op data after the last op',
      [...NO_FEES, 0, 0, 0, 1, ...element(0b01), 1, ...element().slice(1), 0, 0],
      82,
    ],
  ])('%s', (_, bytes, offset) => {
    expect(() => decode(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'bad-data', details: expect.objectContaining({ offset }) }),
    );
  });
});

describe('binding', () => {
  test('the hash chains 15 elements a call and fills up with zeros', () => {
    const d = Array.from({ length: 17 }, (_, i) => BigInt(i + 1));
    const first = poseidon([0n, ...d.slice(0, 15)]);
    expect(hashPublicData(d)).toBe(poseidon([first, 16n, 17n, ...Array<bigint>(13).fill(0n)]));
  });

  test('the challenge is the ABI encoding that the contract hashes', () => {
    const d = [1n, 2n, 3n, 4n, 5n];
    const data = Uint8Array.from([1, 2, 3]);
    const types = ['uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'bytes32'];
    const encoded = AbiCoder.defaultAbiCoder().encode(types, [99n, 7, 1n, 2n, 3n, 4n, keccak256(data)]);
    expect(challenge(99n, 7, d, data)).toBe(BigInt(keccak256(encoded)) % FIELD);
  });

  test('the value is the sum of d_i z^i', () => {
    const random = new Random(3);
    const d = Array.from({ length: 20 }, () => random.bits(248));
    const z = random.bits(256) % FIELD;
    const sum = d.reduce((total, element, i) => total + element * z ** BigInt(i), 0n) % FIELD;
    expect(evaluate(d, z)).toBe(sum);
  });

  test.each<Start>(['fresh', 'crowded'])(
    'a sealed batch carries the binding of its own data (%s)',
    (start) => {
      const { batch } = new RandomRollup(8, 8, start).nextBatch(SHAPE, 'full', 3);
      expect(batch.c).toBe(hashPublicData(batch.d));
      expect(batch.z).toBe(challenge(batch.c, 3, batch.d, batch.data));
      expect(batch.y).toBe(evaluate(batch.d, batch.z));
    },
  );
});
