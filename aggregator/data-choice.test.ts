import { expect, test } from 'vitest';
import { componentLogger } from '../prover/log.ts';
import { DataChoice } from './data-choice.ts';
import type { L1Prices } from './data-cost.ts';

const logger = componentLogger('test').child({}, { level: 'silent' });
const GWEI = 10n ** 9n;
const size = { batches: 8, transfers: 90 };
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
  const choice = open();
  choice.update(prices(1n));
  expect(choice.place).toBe('blob');
  expect(choice.forecast!.blob).toBeLessThan(choice.forecast!.calldata);
  choice.update(prices(10n * GWEI));
  expect(choice.place).toBe('calldata');
  expect(choice.forecast).toMatchObject({ prices: { blobGas: 10n * GWEI } });
});

test('where it was before, as long as the other place is not cheaper by a tenth', () => {
  const [inCalldata, inBlob] = [open(), open()];
  inBlob.update(prices(1n));
  const { calldata, blob } = inBlob.forecast!;
  /** Blob gas at which a blob costs so much of what calldata does, in percent. */
  const at = (percent: bigint) =>
    prices((((calldata * percent) / 100n - blob!) * BigInt(size.batches * size.transfers)) / 131_072n);
  for (const percent of [109n, 100n, 91n, 100n]) {
    inCalldata.update(at(percent));
    inBlob.update(at(percent));
    expect([percent, inCalldata.place, inBlob.place]).toEqual([percent, 'calldata', 'blob']);
  }
  inCalldata.update(at(89n));
  inBlob.update(at(112n));
  expect([inCalldata.place, inBlob.place]).toEqual(['blob', 'calldata']);
});

test('where it was before, where everything is free', () => {
  const [inCalldata, inBlob] = [open(), open()];
  inBlob.update(prices(1n));
  for (const choice of [inCalldata, inBlob]) choice.update(prices(0n, 0n));
  expect([inCalldata.place, inBlob.place]).toEqual(['calldata', 'blob']);
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
