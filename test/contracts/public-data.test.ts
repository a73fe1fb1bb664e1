import type { Contract } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesFromInteger } from '../../protocol/bytes.ts';
import { payoutsRoot } from '../../protocol/payouts.ts';
import { challenge, decodeData, encodeData, evaluate } from '../../protocol/public-data.ts';
import { layout, type Shape } from '../../protocol/shape.ts';
import type { SealedBatch } from '../../protocol/transition.ts';
import { fromVector, HEAD_LENGTH, type L2Entry, toVector } from '../../protocol/vector.ts';
import { Random } from '../../scripts/random.ts';
import { type HardhatChain, hardhatChain } from '../support/contracts.ts';
import { type BatchKind, RandomRollup } from '../support/random-batch.ts';

const NARROW: Shape = { name: 'narrow', n2: 9, n1: 5, m: 12, depth: 8 };
const WIDE: Shape = { ...NARROW, name: 'wide', depth: 32 };
const LARGE: Shape = { name: 'large', n2: 300, n1: 2, m: 16, depth: 24 };
const SHAPE_ID = 3;

let chain: HardhatChain;
let harness: Contract;

beforeAll(async () => {
  chain = await hardhatChain();
  harness = await chain.ethers.deployContract('PublicDataHarness');
});

afterAll(() => chain.close());

type Head = [bigint, bigint, bigint, bigint];
const headOf = (d: readonly bigint[]) => d.slice(0, HEAD_LENGTH) as Head;

/** What the contract computes: `[z, y, payoutsRoot]`. */
async function onL1(
  data: Uint8Array,
  shape: Shape,
  c: bigint,
  head: Head,
): Promise<[bigint, bigint, string]> {
  const { n1, n2, m, depth } = shape;
  const config = { verifier: `0x${'0'.repeat(40)}`, n2, n1, m, blob: false };
  const [z, y, root] = await harness.getFunction('read')(data, config, depth, c, SHAPE_ID, head);
  return [z, y, root];
}

describe.each([NARROW, WIDE])('batches of shape $name', (shape) => {
  test.each([11, 12, 13, 14])('z, y and payouts are those of the model, run %d', async (seed) => {
    const rollup = new RandomRollup(seed, shape.depth);
    for (const kind of ['empty', 'full', 'l1', 'mixed', 'full'] satisfies BatchKind[]) {
      const { batch } = rollup.nextBatch(shape, kind, SHAPE_ID);
      const expected = [batch.z, batch.y, payoutsRoot(batch.payouts)];
      expect(await onL1(batch.data, shape, batch.c, headOf(batch.d))).toEqual(expected);
    }
  });
});

test('what the contract takes is read, though it can never be proven: bits above an op that has an element to itself', async () => {
  const { batch } = new RandomRollup(15, WIDE.depth).nextBatch(WIDE, 'full', SHAPE_ID);
  const head = headOf(batch.d);
  const { counts } = decodeData(batch.data, WIDE, head);
  const places = [0, counts.l2 - 1].map((i) => layout(WIDE).ops + i);
  for (const place of places) {
    const data = encodeData(batch.d.with(place, batch.d[place]! | (1n << 240n)), WIDE, counts);
    const { d } = decodeData(data, WIDE, head);
    const z = challenge(batch.c, SHAPE_ID, d, data);
    expect(await onL1(data, WIDE, batch.c, head)).toEqual([z, evaluate(d, z), payoutsRoot(batch.payouts)]);
  }
});

test.each([21, 22, 23, 24, 25, 26])('vectors of more than 124 ops, run %d', async (seed) => {
  const random = new Random(seed);
  const c = random.bits(250);
  const l2 = Array.from({ length: 125 + random.below(176) }, () => randomOp(random));
  const content = {
    domain: random.bits(248),
    number: random.below(2 ** 32),
    oldRoot: random.bits(253),
    newRoot: random.bits(253),
    feeIndexes: [random.below(2 ** 24), random.below(2 ** 24), 0, 0],
    l1: [],
    l2,
  };
  const d = toVector(content, LARGE);
  const data = encodeData(d, LARGE, { l1: 0, l2: l2.length });
  const z = challenge(c, SHAPE_ID, d, data);
  const payouts = l2
    .filter(({ type }) => type === 3)
    .map(({ aux, to, amount }) => ({ owner: aux, token: to, amount }));
  expect(await onL1(data, LARGE, c, headOf(d))).toEqual([z, evaluate(d, z), payoutsRoot(payouts)]);
});

test.each([
  [24, 0],
  [24, 1],
  [24, 300],
  [32, 0],
  [32, 1],
  [32, 300],
])('the largest shape of depth %d that the rollup takes, %d signed ops', async (depth, count) => {
  const shape: Shape = { name: 'largest', n2: 65_535, n1: 65_535, m: 16, depth };
  const random = new Random(27 + count);
  const l2 = Array.from({ length: count }, () => randomOp(random));
  // The last one has an auxiliary value: all places after it are stepped over.
  const last: L2Entry = { type: 3, from: 1, to: 1, amount: 5n, feeCode: 0, aux: 7n };
  if (count > 0) l2[count - 1] = last;
  const elements: [bigint, bigint, bigint] = [random.bits(248), random.bits(248), random.bits(248)];
  const content = {
    domain: random.bits(248),
    number: 2 ** 32,
    oldRoot: random.bits(253),
    newRoot: random.bits(253),
    feeIndexes: [1, 2, 3, 2 ** 24 - 1],
    l1: [{ elements, result: 1n }],
    l2,
  };
  const d = toVector(content, shape);
  const data = encodeData(d, shape, { l1: 1, l2: count });
  const c = random.bits(250);
  const z = challenge(c, SHAPE_ID, d, data);
  expect((await onL1(data, shape, c, headOf(d))).slice(0, 2)).toEqual([z, evaluate(d, z)]);
});

function randomOp(random: Random): L2Entry {
  const type = random.below(4);
  if (type === 0) return { type, from: 0, to: 0, amount: 0n, feeCode: 0, aux: 0n };
  const aux = type === 1 ? 0n : random.bits(type === 2 ? 248 : 160);
  const [from, to] = [random.below(2 ** 24), random.below(type === 3 ? 2 ** 16 : 2 ** 24)];
  return { type, from, to, amount: random.bits(64), feeCode: random.below(2 ** 12), aux };
}

describe('data that were tampered with', () => {
  const rollup = new RandomRollup(31, NARROW.depth);
  const batches = (['full', 'full', 'mixed', 'full'] satisfies BatchKind[]).map(
    (kind) => rollup.nextBatch(NARROW, kind, SHAPE_ID).batch,
  );

  test.each([41, 42, 43])('a changed byte changes y, or is refused, run %d', async (seed) => {
    const random = new Random(seed);
    for (const batch of batches) {
      for (let i = 0; i < 12; i++) {
        const data = batch.data.slice();
        const place = random.below(data.length);
        data[place] = data[place]! ^ (1 << random.below(8));
        await expectRefusedOrOther(data, batch);
      }
    }
  });

  test('data that end early, or go on, are refused', async () => {
    for (const batch of batches) {
      for (const length of [0, 1, 17, 18, batch.data.length >> 1, batch.data.length - 1]) {
        await expectRefused(batch.data.slice(0, length), batch);
      }
      await expectRefused(new Uint8Array([...batch.data, 0]), batch);
      await expectRefused(new Uint8Array([...batch.data, ...new Uint8Array(33)]), batch);
    }
  });

  test('random bytes are refused by both or read alike', async () => {
    const random = new Random(51);
    const [batch] = batches;
    for (let i = 0; i < 60; i++) {
      const data = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
      // Small counts, so that more than the first check is reached.
      if (data.length > 18) data.set(bytesFromInteger(BigInt(random.below(3)), 2), 16);
      await expectRefusedOrOther(data, batch!);
    }
  });

  /** L1 refuses, or the model reads the same vector, whose z is another one, and L1 computes its y. */
  async function expectRefusedOrOther(data: Uint8Array, batch: SealedBatch): Promise<void> {
    const head = headOf(batch.d);
    const found = await onL1(data, NARROW, batch.c, head).catch(() => undefined);
    if (found === undefined) return;
    const { d, counts } = decodeData(data, NARROW, head);
    expect(encodeData(d, NARROW, counts)).toEqual(data);
    expect(toVector(fromVector(d, NARROW), NARROW)).toEqual(d);
    const z = challenge(batch.c, SHAPE_ID, d, data);
    expect(z).not.toBe(batch.z);
    expect(found.slice(0, 2)).toEqual([z, evaluate(d, z)]);
  }

  async function expectRefused(data: Uint8Array, batch: SealedBatch): Promise<void> {
    await expect(onL1(data, NARROW, batch.c, headOf(batch.d))).rejects.toThrow(/DataLength|TooMany|AuxCount/);
    expect(() => decodeData(data, NARROW, headOf(batch.d))).toThrow();
  }
});
