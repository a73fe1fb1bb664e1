import { setTimeout as pause } from 'node:timers/promises';
import { Contract, type JsonRpcProvider, type TransactionResponse, Wallet } from 'ethers';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { L1User } from '../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { MemoryJournal } from '../test/support/memory-journal.ts';
import { MemoryStore } from '../test/support/memory-store.ts';
import { type RpcProxy, startRpcProxy } from '../test/support/rpc-proxy.ts';
import { TestRollup } from '../test/support/test-rollup.ts';
import { Aggregator, type AggregatorOptions } from './aggregator.ts';
import { CallTiming } from './call-timing.ts';
import type { L1Prices } from './data-cost.ts';
import { l1Provider } from './l1-connection.ts';
import { RollupContract } from './rollup-contract.ts';

let l1: LocalL1;
let chain: JsonRpcProvider;
let proxy: RpcProxy;
let rollup: TestRollup;
let store: MemoryStore;
let journal: MemoryJournal;

beforeEach(async () => {
  l1 = await startLocalL1();
  chain = l1Provider(l1.url, l1.chainId);
  proxy = await startRpcProxy(l1.url);
  rollup = await TestRollup.deploy(l1, chain);
  store = new MemoryStore(rollup.state.root);
  journal = new MemoryJournal();
});

afterEach(async () => {
  chain.destroy();
  await proxy.close();
  await l1.stop();
});

function options(change: Partial<AggregatorOptions> = {}): AggregatorOptions {
  const logger = pino({ level: 'silent' });
  return {
    rpcUrl: proxy.url,
    deployment: rollup.deployment,
    wallet: new Wallet(l1.privateKeys[0]!),
    sink: store,
    source: store,
    journal,
    keys: rollup.keys,
    confirmations: 0,
    maxFeePerGas: 10n ** 11n,
    maxBatchesPerCall: 4,
    timing: new CallTiming({ finality: 'fast', waitMs: 0, logger }),
    blobFolder: '/nowhere', // there are no blobs
    pollMs: 10,
    logger,
    onExitMode: () => undefined,
    ...change,
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(10);
}

test('it brings ops in and batches out, over lost connections and restarts, each once', async () => {
  const user = new L1User(new Wallet(l1.privateKeys[1]!, chain), rollup.deployment);
  let aggregator = await Aggregator.start(options());
  await user.deposit([{ token: 1, units: 5n, keyHash: 9n }]);
  await until(() => store.ops.length === 1);

  proxy.down = true;
  store.addProven(rollup.nextBatch([store.ops[0]!.op]).proven);
  store.addProven(rollup.nextBatch().proven);
  await until(() => aggregator.failures.has('queue'));
  proxy.down = false;
  await until(() => store.finalizedNumber() === 2);
  await until(() => aggregator.failures.size === 0);
  await aggregator.stop();

  proxy.loseAnswerTo('eth_sendRawTransaction');
  store.addProven(rollup.nextBatch().proven);
  aggregator = await Aggregator.start(options());
  await until(() => store.finalizedNumber() === 3);
  await aggregator.stop();
  expect(new Set(journal.saved.map(({ purpose }) => purpose)).size).toBe(journal.saved.length);
  expect(await chain.getTransactionCount(journal.saved[0]!.from)).toBe(
    rollup.deployment.transactions.length + journal.saved.length,
  );
});

test('an aggregator of another rollup, chain or operator does not start', async () => {
  await expect(Aggregator.start(options({ wallet: new Wallet(l1.privateKeys[1]!) }))).rejects.toMatchObject({
    code: 'wrong-operator-key',
    kind: 'refused',
  });
  const elsewhere = { ...rollup.deployment, rollup: rollup.deployment.shapes[0]!.verifier };
  await expect(Aggregator.start(options({ deployment: elsewhere }))).rejects.toMatchObject({
    code: 'wrong-deployment',
  });
  const empty = { ...rollup.deployment, rollup: `0x${'12'.repeat(20)}` };
  await expect(Aggregator.start(options({ deployment: empty }))).rejects.toMatchObject({
    code: 'wrong-deployment',
  });
});

test('exit mode is seen while a transaction waits for lower fees than the cap allows, and at the next start', async () => {
  const user = new L1User(new Wallet(l1.privateKeys[1]!, chain), rollup.deployment);
  await user.deposit([{ token: 1, units: 5n, keyHash: 9n }]);
  await chain.send('evm_setAutomine', [false]);
  store.addProven(rollup.nextBatch().proven);
  const seen: number[] = [];
  const onExitMode = (lastBatch: number) => seen.push(lastBatch);
  const aggregator = await Aggregator.start(options({ onExitMode }));
  await until(() => journal.saved.length === 1);
  // No transaction of the operator is mined at this price.
  await chain.send('anvil_setNextBlockBaseFeePerGas', ['0x2e90edd000']);
  await chain.send('evm_increaseTime', [rollup.deployment.l1Deadline + 1]);
  await activateExitMode();

  await until(() => seen.length > 0);
  await until(() => store.statuses()[0] === 'proven' && store.ops.length === 1);
  await until(() => aggregator.failures.size === 0);
  await aggregator.stop();
  // One transaction, whose fee may have been raised up to the cap meanwhile.
  const saved = [...journal.saved];
  expect(new Set(saved.map(({ nonce }) => nonce)).size).toBe(1);

  const again = await Aggregator.start(options({ onExitMode }));
  expect(seen).toEqual([0, 0]);
  await pause(100);
  await again.stop();
  expect(journal.saved).toEqual(saved);
  expect(store.statuses()).toEqual(['proven']);
});

/** What anyone may do once an op is overdue, at any price for gas. */
async function activateExitMode(): Promise<void> {
  const { interface: abi } = new RollupContract(chain, rollup.deployment);
  const anyone = new Contract(rollup.deployment.rollup, abi, new Wallet(l1.privateKeys[2]!, chain));
  const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n, gasLimit: 1_000_000n };
  const sent: TransactionResponse = await anyone.getFunction('activateExitMode').send(fees);
  await chain.send('evm_mine', []);
  await sent.wait();
}

test("L1's prices are told if somebody wants them", async () => {
  const seen: L1Prices[] = [];
  const aggregator = await Aggregator.start(options({ onPrices: (prices) => seen.push(prices) }));
  try {
    await until(() => seen.length > 1);
    expect(seen[0]).toMatchObject({ floor: 40 });
  } finally {
    await aggregator.stop();
  }
});
