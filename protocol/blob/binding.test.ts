import { AbiCoder, concat, keccak256 } from 'ethers';
import { describe, expect, test } from 'vitest';
import { Random } from '../../scripts/random.ts';
import { type BatchKind, RandomRollup } from '../../test/support/random-batch.ts';
import { FIELD } from '../field.ts';
import { payoutsOf } from '../payouts.ts';
import { layout, type Shape } from '../shape.ts';
import { fromVector, HEAD_LENGTH } from '../vector.ts';
import { blobBatch, blobCoefficients, blobPoint, combineValues, openBatch } from './binding.ts';
import { decodeBlob, encodeBlob, evaluateBls } from './blob.ts';
import { joinVector, splitLayout, splitVector } from './split.ts';
import { decodeVisible, encodeVisible } from './visible-data.ts';

const SHAPE: Shape = { name: 'test', n2: 9, n1: 5, m: 12, depth: 8 };
const WIDE: Shape = { ...SHAPE, depth: 32 };
const headOf = (d: readonly bigint[]) => d.slice(0, HEAD_LENGTH) as [bigint, bigint, bigint, bigint];

describe.each([SHAPE, WIDE])('at depth $depth', (shape) => {
  const at = splitLayout(shape);

  test.each([1, 2, 3])('calldata and blob give the vector back, run %d', (seed) => {
    const rollup = new RandomRollup(seed, shape.depth);
    const kinds = ['empty', 'full', 'mixed', 'full'] satisfies BatchKind[];
    const sealed = kinds.map((kind) => rollup.nextBatch(shape, kind));
    const batches = sealed.map(({ batch, l1 }) => blobBatch(batch.d, shape, 0, l1.length));
    const coefficients = decodeBlob(encodeBlob(blobCoefficients(batches)));
    sealed.forEach(({ batch, l1 }, i) => {
      const { c, hidden, visible, data } = batches[i]!;
      expect(c).toBe(batch.c);
      expect([visible.length, hidden.length]).toEqual([at.visibleLength, at.hiddenLength]);
      const decoded = decodeVisible(data, shape, headOf(batch.d));
      expect(decoded).toEqual({ visible, l1Count: l1.length });
      const start = i * at.hiddenLength;
      const read = coefficients.slice(start, start + at.hiddenLength);
      expect(joinVector({ visible: decoded.visible, hidden: read }, shape)).toEqual(batch.d);
    });
  });

  test('what L1 sees has every payout', () => {
    const { batch } = new RandomRollup(5, shape.depth).nextBatch(shape, 'full');
    const { visible } = splitVector(batch.d, shape);
    const paid = fromVector(batch.d, shape).l2.flatMap(({ type }, i) => (type === 3 ? [i] : []));
    const withdrawals = paid.map((i) => visible.slice(at.withdrawals + 2 * i, at.withdrawals + 2 * i + 2));
    const payouts = payoutsOf({ l1: [], l2: fromVector(batch.d, shape).l2 });
    expect(withdrawals).toEqual(
      payouts.map(({ owner, token, amount }) => [owner, BigInt(token) | (amount << 16n)]),
    );
  });
});

test('the point hashes all that L1 sees of the batches, in their order', () => {
  const versionedHash = new Uint8Array(32).fill(1);
  const batch = (c: bigint, shapeId: number) => ({
    c,
    shapeId,
    visible: [1n, 2n, 3n, 4n, 99n],
    hidden: [7n],
    data: Uint8Array.from([5, 6]),
  });
  const leaf = (c: bigint, shapeId: number) => {
    const types = [...Array<string>(6).fill('uint256'), 'bytes32'];
    const encoded = AbiCoder.defaultAbiCoder().encode(types, [c, shapeId, 1, 2, 3, 4, keccak256('0x0506')]);
    return keccak256(encoded);
  };
  const expected = BigInt(keccak256(concat([versionedHash, leaf(10n, 0), leaf(11n, 1)])));
  expect(blobPoint(versionedHash, [batch(10n, 0), batch(11n, 1)])).toBe(expected & (2n ** 240n - 1n));
});

test('the statement packs z, both values and C', () => {
  const random = new Random(4);
  const batch = {
    c: random.bits(256) % FIELD,
    shapeId: 0,
    visible: Array.from({ length: 6 }, () => random.bits(248)),
    hidden: Array.from({ length: 9 }, () => random.bits(248)),
    data: new Uint8Array(),
  };
  const { a, zy, yLo, y, z } = openBatch(batch, random.bits(240));
  expect(zy % 2n ** 240n).toBe(z);
  expect(yLo + (zy >> 240n) * 2n ** 248n).toBe(y);
  expect(y).toBe(evaluateBls(batch.hidden, z));
  const value = batch.visible.reduce((sum, element, i) => sum + element * z ** BigInt(i), 0n);
  expect(a).toBe((batch.c + z * value) % FIELD);
});

test('the values of batches side by side make that of the blob', () => {
  const random = new Random(6);
  const batches = [5, 9, 1].map((length) => ({ hidden: Array.from({ length }, () => random.bits(248)) }));
  const z = random.bits(240);
  const values = batches.map(({ hidden }) => ({ length: hidden.length, y: evaluateBls(hidden, z) }));
  expect(combineValues(values, z)).toBe(evaluateBls(blobCoefficients(batches), z));
});

describe('refused', () => {
  const { batch, l1 } = new RandomRollup(2, 8).nextBatch(SHAPE, 'full');
  const { visible, hidden } = splitVector(batch.d, SHAPE);
  const at = splitLayout(SHAPE);
  const data = encodeVisible(visible, SHAPE, l1.length);
  const decode = (bytes: Uint8Array) => decodeVisible(bytes, SHAPE, headOf(batch.d));

  test('every shorter text and one byte more', () => {
    for (let length = 0; length < data.length; length++) {
      expect(() => decode(data.slice(0, length))).toThrow(expect.objectContaining({ code: 'bad-data' }));
    }
    expect(() => decode(Uint8Array.from([...data, 0]))).toThrow(
      expect.objectContaining({ code: 'bad-data' }),
    );
  });

  const withdrawal = (position: number, token = 1) => [
    0,
    position,
    ...Array<number>(20).fill(9),
    0,
    token,
    ...Array(8).fill(0),
  ];
  test.each<[string, number[]]>([
    ['too many L1 ops', [0, 6]],
    ['too many withdrawals', [0, 0, 0, 10]],
    ['a position that is not in the shape', [0, 0, 0, 1, ...withdrawal(9)]],
    ['a position twice', [0, 0, 0, 2, ...withdrawal(1), ...withdrawal(1)]],
    ['positions out of order', [0, 0, 0, 2, ...withdrawal(1), ...withdrawal(0)]],
    ['no token', [0, 0, 0, 1, ...withdrawal(0, 0)]],
  ])('%s', (_, bytes) => {
    expect(() => decode(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'bad-data' }));
  });

  test('a coefficient of more than 248 bits', () => {
    const wide = hidden.with(3, 1n << 248n);
    expect(() => joinVector({ visible, hidden: wide }, SHAPE)).toThrow(
      expect.objectContaining({
        code: 'bad-blob-data',
        details: expect.objectContaining({ coefficient: 3 }),
      }),
    );
  });

  test('a blob with other withdrawals than those on L1', () => {
    const lie = visible.map((element, i) => (i === at.withdrawals + 1 ? element + 1n : element));
    expect(() => joinVector({ visible: lie, hidden }, SHAPE)).toThrow(
      expect.objectContaining({ code: 'bad-blob-data', details: expect.objectContaining({ op: 0 }) }),
    );
  });

  test('the layout counts what the vector has', () => {
    expect(at.hiddenLength + at.withdrawals).toBe(layout(SHAPE).length);
  });
});
