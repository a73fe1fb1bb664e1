import type { JsonRpcProvider } from 'ethers';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { l1Provider } from '../aggregator/l1-connection.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { type RpcProxy, startRpcProxy } from '../test/support/rpc-proxy.ts';
import { patiently } from './patience.ts';

const options = { signal: new AbortController().signal, logger: pino({ level: 'silent' }) };
let l1: LocalL1;
let proxy: RpcProxy;
let provider: JsonRpcProvider;
/** How often the node refuses yet. */
let refusals: number;

beforeAll(async () => {
  l1 = await startLocalL1();
  proxy = await startRpcProxy(l1.url);
  provider = l1Provider(proxy.url, l1.chainId);
  proxy.refuse = (method) =>
    method === 'eth_blockNumber' && refusals-- > 0 ? 'too many requests' : undefined;
});

afterAll(async () => {
  provider.destroy();
  await proxy.close();
  await l1.stop();
});

beforeEach(() => {
  refusals = 0;
});

test('a node that refuses once is asked again', async () => {
  refusals = 1;
  expect(await patiently(() => provider.getBlockNumber(), options)).toBe(0);
});

test('a node that goes on refusing is told of', async () => {
  refusals = Number.POSITIVE_INFINITY;
  await expect(patiently(() => provider.getBlockNumber(), options)).rejects.toMatchObject({
    kind: 'refused',
    code: 'l1-request-refused',
    fix: expect.stringContaining('another L1 node'),
  });
});

test('an error of our own goes through at once', async () => {
  const mistake = new TypeError('mistake');
  await expect(patiently(() => Promise.reject(mistake), options)).rejects.toBe(mistake);
});
