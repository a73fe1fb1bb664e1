import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { BLOB_SHAPES, SHAPES } from '../../protocol/shape.ts';
import { kzg } from '../../test/support/kzg.ts';
import { dataChoice, dataStatus, usableShapes } from './data-places.ts';

const logger = pino({ level: 'silent' });
const calldata = { shape: SHAPES.demo, shapeId: 0 };
const blob = { shape: BLOB_SHAPES.demo, shapeId: 1 };
const GWEI = 10n ** 9n;

describe.skipIf(kzg === undefined)('the shapes of a node', () => {
  test.each([
    ['auto', [calldata, blob]],
    ['calldata', [calldata]],
    ['blob', [blob]],
  ] as const)('are with --da %s those for its places', async (da, expected) => {
    expect(await usableShapes([calldata, blob], da, logger)).toEqual(expected);
  });

  test.each([
    ['calldata', blob],
    ['blob', calldata],
  ] as const)('are at least one for %s', async (da, other) => {
    await expect(usableShapes([other], da, logger)).rejects.toMatchObject({
      kind: 'refused',
      code: 'no-shape-for-data',
      details: { da, found: [other.shape.name] },
    });
  });

  test('for one place only leave auto no choice', async () => {
    for (const only of [calldata, blob]) {
      const shapes = await usableShapes([only], 'auto', logger);
      const choice = dataChoice(shapes, { finality: 'fast', maxBatchesPerCall: 8 }, logger);
      expect(choice).toMatchObject({ isOpen: false, place: only === blob ? 'blob' : 'calldata' });
      expect(dataStatus(choice)).toEqual({ place: choice.place, forecast: null });
    }
  });
});

test('the status tells the costs of a transfer and the prices; waiting for others makes it cheaper', () => {
  const prices = { gas: GWEI, blobGas: 1n, floor: 40 };
  const costs = (['fast', 'cheap'] as const).map((finality) => {
    const choice = dataChoice([calldata, blob], { finality, maxBatchesPerCall: 8 }, logger);
    choice.update(prices);
    return dataStatus(choice).forecast!;
  });
  expect(costs[0]).toMatchObject({ gasPrice: String(GWEI), blobGasPrice: '1', floorGasAByte: 40 });
  expect(Number(costs[1]!.weiATransfer.blob)).toBeLessThan(0.5 * Number(costs[0]!.weiATransfer.blob));
});
