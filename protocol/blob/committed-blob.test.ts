import { describe, expect, test } from 'vitest';
import { type BatchKind, RandomRollup } from '../../test/support/random-batch.ts';
import { genesisHeader } from '../batch-header.ts';
import { payoutsOf, payoutsRoot } from '../payouts.ts';
import { decodeData } from '../public-data.ts';
import type { Shape } from '../shape.ts';
import { fromVector, HEAD_LENGTH } from '../vector.ts';
import { blobBatch, blobCoefficients, blobPoint, openBatch } from './binding.ts';
import { dataFromBlob, readCommittedBlob } from './committed-blob.ts';

const SHAPE: Shape = { name: 'test', n2: 9, n1: 5, m: 12, depth: 8, blob: true };
const HASH = new Uint8Array(32).fill(1);
const COMMITTED_AT = 77;

/** Four batches of a blob, as they are handed in, and what the contract knows. */
function fourBatches(seed: number) {
  const rollup = new RandomRollup(seed, SHAPE.depth);
  const kinds = ['full', 'empty', 'mixed', 'full'] satisfies BatchKind[];
  const sealed = kinds.map((kind) => rollup.nextBatch(SHAPE, kind));
  const batches = sealed.map(({ batch, l1 }) => blobBatch(batch.d, SHAPE, 0, l1.length));
  const z = blobPoint(HASH, batches);
  const openings = batches.map((batch) => openBatch(batch, z));
  const inputs = sealed.map(({ batch: { newRoot, c } }, i) => {
    return { shape: 0, newRoot, c, y: openings[i]!.y, data: batches[i]!.data };
  });
  const first = fromVector(sealed[0]!.batch.d, SHAPE);
  const parent = { ...genesisHeader(first.oldRoot), number: first.number - 1 };
  const known = { shapes: [SHAPE], domain: first.domain, committedAt: COMMITTED_AT };
  return { sealed, openings, inputs, parent, known, coefficients: blobCoefficients(batches) };
}

describe.each([1, 2])('run %d', (seed) => {
  const { sealed, openings, inputs, parent, known, coefficients } = fourBatches(seed);
  const read = readCommittedBlob(inputs, parent, HASH, known);

  test('the headers have the statements that are proven, without the blob', () => {
    let l1End = parent.l1End;
    read.forEach(({ header }, i) => {
      const { batch, l1 } = sealed[i]!;
      const { a, zy, yLo } = openings[i]!;
      const content = fromVector(batch.d, SHAPE);
      l1End += l1.length;
      expect(header).toEqual({
        number: content.number,
        shape: 0,
        committedAt: COMMITTED_AT,
        l1End,
        newRoot: batch.newRoot,
        c: a,
        z: zy,
        y: yLo,
        payoutsRoot: payoutsRoot(payoutsOf({ ...content, l1: content.l1.slice(0, l1.length) })),
      });
    });
  });

  test('the blob gives each batch its vector back', () => {
    read.forEach((batch, i) => {
      const { d } = sealed[i]!.batch;
      const head = d.slice(0, HEAD_LENGTH) as [bigint, bigint, bigint, bigint];
      expect(decodeData(dataFromBlob(batch, coefficients), SHAPE, head).d).toEqual(d);
    });
  });

  test('a coefficient that is another one spoils its batch and no other', () => {
    const place = read[2]!.offset + 3;
    const other = coefficients.with(place, coefficients[place]! ^ 1n);
    read.forEach((batch, i) => {
      const read = () => dataFromBlob(batch, other);
      if (i === 2) expect(read).toThrow(expect.objectContaining({ code: 'bad-blob-data' }));
      else expect(read).not.toThrow();
    });
  });
});

test('data that L1 would not take are refused', () => {
  const { inputs, parent, known } = fourBatches(3);
  const cut = inputs.map((input, i) => (i === 1 ? { ...input, data: input.data.slice(0, -1) } : input));
  expect(() => readCommittedBlob(cut, parent, HASH, known)).toThrow(
    expect.objectContaining({ code: 'bad-data' }),
  );
});
