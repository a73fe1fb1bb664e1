import type { JsonRpcProvider } from 'ethers';
import { concat, id } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { contractArtifact } from './contract-artifacts.ts';
import { contractRefusal } from './contract-error.ts';
import { l1Provider } from './l1-connection.ts';

const CONTRACT = '0x00000000000000000000000000000000000c0de3';
const abi = contractArtifact('Millrace').interface;
let l1: LocalL1;
let chain: JsonRpcProvider;

beforeAll(async () => {
  l1 = await startLocalL1();
  chain = l1Provider(l1.url, l1.chainId);
});

afterAll(async () => {
  chain.destroy();
  await l1.stop();
});

/** What a call says of a contract that reverts with these bytes, at most 32. */
async function refusalWith(data: string) {
  const padded = `${data.slice(2)}${'0'.repeat(64)}`.slice(0, 64);
  const length = ((data.length - 2) / 2).toString(16).padStart(2, '0');
  // PUSH32 data, PUSH0, MSTORE, PUSH1 length, PUSH0, REVERT
  await chain.send('anvil_setCode', [CONTRACT, concat([`0x7f${padded}5f5260`, `0x${length}5ffd`])]);
  const error = await chain.call({ to: CONTRACT }).catch((thrown: unknown) => thrown);
  return contractRefusal(error, abi);
}

test('the errors of the rollup and of its verifiers have codes and arguments', async () => {
  expect(await refusalWith(id('ExitModeActive()').slice(0, 10))).toMatchObject({
    kind: 'refused',
    code: 'l1-exit-mode-active',
    fix: expect.stringContaining('exit proof'),
  });
  expect(await refusalWith(id('ForgeableKey()').slice(0, 10))).toMatchObject({ code: 'l1-forgeable-key' });
});

test.each(['0x', '0x12345678'])('a revert with %s has no known reason', async (data) => {
  expect(await refusalWith(data)).toMatchObject({
    kind: 'refused',
    code: 'l1-reverted',
    details: { data },
    fix: expect.stringContaining('millrace doctor'),
  });
});

test('an error that is no revert is none of the contract', () => {
  expect(contractRefusal(new Error('socket hang up'), abi)).toBeUndefined();
});
