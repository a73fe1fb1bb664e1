import { afterEach, expect, test } from 'vitest';
import { SHAPES } from '../protocol/shape.ts';
import { BatcherFixture, deposit } from '../test/support/batcher-fixture.ts';
import { holder } from '../test/support/random-batch.ts';

const [alice, bob] = [holder(1), holder(2)];
/** One account a batch: enough for a deposit and for a withdrawal without a fee. */
const shape = { name: 'narrow', n2: 2, n1: 2, m: 1, depth: SHAPES.tiny.depth };
const f = new BatcherFixture({ shapes: [{ shape, shapeId: 0 }] });

afterEach(() => f.remove());

test('a signed op that no batch has room for is not taken, and the batch stays empty', () => {
  f.queue(deposit(alice, 1, 100n));
  f.seal();
  f.queue(deposit(bob, 1, 100n));
  f.seal();
  const op = { from: 1, token: 1, amount: 1n, feeCode: 0, nonce: 0 };
  expect(() => f.place({ type: 'transfer', ...op, to: 2 }, alice)).toThrow(
    expect.objectContaining({
      kind: 'internal',
      code: 'shape-too-small',
      fix: expect.stringContaining('larger shape'),
    }),
  );
  expect(f.place({ type: 'withdraw', ...op }, alice)).toMatchObject({ batch: 3 });
});
