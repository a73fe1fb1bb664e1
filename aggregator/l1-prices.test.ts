import type { JsonRpcProvider } from 'ethers';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { type RpcProxy, startRpcProxy } from '../test/support/rpc-proxy.ts';
import { l1Provider } from './l1-connection.ts';
import { L1PriceReader } from './l1-prices.ts';

let l1: LocalL1;
let proxy: RpcProxy;
let provider: JsonRpcProvider;
let reader: L1PriceReader;

beforeAll(async () => {
  l1 = await startLocalL1();
  proxy = await startRpcProxy(l1.url);
  provider = l1Provider(proxy.url, l1.chainId);
  reader = new L1PriceReader(provider, new Wallet(l1.privateKeys[0]!).address);
});

afterAll(async () => {
  provider.destroy();
  await proxy.close();
  await l1.stop();
});

test("L1's prices, and the floor for calldata that its rules have", async () => {
  await provider.send('anvil_mine', ['0x1']);
  const prices = await reader.read();
  expect(prices).toMatchObject({ blobGas: 1n, floor: 40 });
  const { baseFeePerGas } = (await provider.getBlock('latest'))!;
  expect(prices.gas).toBeGreaterThan(baseFeePerGas!);
});

test('the floor is asked for once', async () => {
  await reader.read();
  const asked = proxy.count('eth_estimateGas');
  await reader.read();
  expect(proxy.count('eth_estimateGas')).toBe(asked);
});

test('no price of blob gas where L1 has no blobs', async () => {
  proxy.refuse = (method) => (method === 'eth_blobBaseFee' ? 'the method does not exist' : undefined);
  expect(await reader.read()).toMatchObject({ blobGas: undefined });
});
