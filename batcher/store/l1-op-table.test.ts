import { afterEach, beforeEach, expect, test } from 'vitest';
import { BatcherFixture, deposit, queued } from '../../test/support/batcher-fixture.ts';
import { holder } from '../../test/support/random-batch.ts';

let f: BatcherFixture;

beforeEach(() => {
  f = new BatcherFixture();
});

afterEach(() => f.remove());

test.each([0, 2])('the queue takes no op with id %d after that with id 0', (id) => {
  const op = deposit(holder(1), 1, 5n);
  f.store.l1Ops.append([queued(0, op)]);
  expect(() => f.store.l1Ops.append([queued(id, op)])).toThrow(
    expect.objectContaining({ kind: 'internal', code: 'l1-queue-gap', details: { expected: 1, found: id } }),
  );
  expect(f.store.l1Ops.count()).toBe(1);
});
