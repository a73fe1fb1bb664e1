import { expect, test } from 'vitest';
import { componentLogger } from '../prover/log.ts';
import { DataChoice } from './data-choice.ts';
import type { L1Prices } from './data-cost.ts';

const logger = componentLogger('test').child({}, { level: 'silent' });
const GWEI = 10n ** 9n;
const size = { batches: 8, transfers: 20 };
const prices = (blobGas: bigint | undefined, gas = GWEI): L1Prices => ({ gas, blobGas, floor: 40 });

function open(): DataChoice {
  return new DataChoice({
    calls: new Map([
      ['calldata', size],
      ['blob', size],
    ]),
    logger,
  });
}

test('calldata, as long as no price is known', () => {
  expect(open()).toMatchObject({ place: 'calldata', isOpen: true, forecast: undefined });
});

test('a blob where its gas costs little, calldata where it costs much, and what it was chosen by', () => {
  const large = new DataChoice({
    calls: new Map([
      ['calldata', { batches: 8, transfers: 90 }],
      ['blob', { batches: 8, transfers: 90 }],
    ]),
    logger,
  });
  large.update(prices(1n));
  expect(large.place).toBe('blob');
  expect(large.forecast!.blob).toBeLessThan(large.forecast!.calldata);
  large.update(prices(10n * GWEI));
  expect(large.place).toBe('calldata');
  expect(large.forecast).toMatchObject({ prices: { blobGas: 10n * GWEI } });
});

test('where it was before, as long as the other place is not cheaper by a tenth', () => {
  const [calldata, blob] = [open(), open()];
  blob.update(prices(1n));
  // Blob gas at which both cost the same.
  const { calldata: a, blob: b } = blob.forecast!;
  const even = ((a - b!) * 160n) / 131_072n;
  if (even > 0n) {
    calldata.update(prices((even * 102n) / 100n));
    blob.update(prices((even * 102n) / 100n));
  }
  expect(calldata.place).toBe('calldata');
});

test('calldata where L1 has no blobs', () => {
  const choice = open();
  choice.update(prices(undefined));
  expect(choice).toMatchObject({ place: 'calldata', forecast: { blob: undefined } });
});

test('no choice between one place', () => {
  const choice = new DataChoice({ calls: new Map([['blob', size]]), logger });
  choice.update(prices(undefined));
  expect(choice).toMatchObject({ place: 'blob', isOpen: false, forecast: undefined });
});
