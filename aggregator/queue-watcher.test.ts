import { type JsonRpcProvider, Wallet } from 'ethers';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { encodeL1Op } from '../protocol/l1-ops.ts';
import { L1User } from '../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { MemoryStore } from '../test/support/memory-store.ts';
import { type RpcProxy, startRpcProxy } from '../test/support/rpc-proxy.ts';
import { TestRollup } from '../test/support/test-rollup.ts';
import { EventFollower } from './event-follower.ts';
import { l1Provider } from './l1-connection.ts';
import { L1QueueWatcher } from './queue-watcher.ts';
import { RollupContract } from './rollup-contract.ts';

let l1: LocalL1;
let chain: JsonRpcProvider;
let proxy: RpcProxy;
let provider: JsonRpcProvider;
let rollup: TestRollup;
let user: L1User;
let store: MemoryStore;
let cleanUp: () => Promise<void>;

beforeAll(async () => {
  l1 = await startLocalL1();
  chain = l1Provider(l1.url, l1.chainId);
  proxy = await startRpcProxy(l1.url);
  provider = l1Provider(proxy.url, l1.chainId);
  rollup = await TestRollup.deploy(l1, chain);
  user = new L1User(new Wallet(l1.privateKeys[1]!, chain), rollup.deployment);
});

afterAll(async () => {
  provider.destroy();
  chain.destroy();
  await proxy.close();
  await l1.stop();
});

beforeEach(async () => {
  store = new MemoryStore(0n);
  cleanUp = await fork();
});

afterEach(async () => {
  proxy.tamper = undefined;
  await cleanUp();
});

function watcher(confirmations = 0, maxBlocks = 2_000): L1QueueWatcher {
  const contract = new RollupContract(provider, rollup.deployment);
  const { block: startBlock, depth } = rollup.deployment;
  const topic = contract.topic('L1OpQueued');
  const follower = new EventFollower({
    provider,
    address: contract.address,
    topic,
    startBlock,
    confirmations,
    maxBlocks,
  });
  return new L1QueueWatcher({
    rollup: contract,
    follower,
    sink: store,
    depth,
    logger: pino({ level: 'silent' }),
  });
}

async function readAll(reader: L1QueueWatcher): Promise<void> {
  while (await reader.step());
}

function deposit(units: bigint, keyHash = 5n): Promise<number[]> {
  return user.deposit([{ token: 1, units, keyHash }]);
}

/** Marks a point of the chain. @returns what goes back there */
async function fork(): Promise<() => Promise<void>> {
  const id = (await chain.send('evm_snapshot', [])) as string;
  return async () => {
    await chain.send('evm_revert', [id]);
  };
}

test('ops of the queue arrive in order with what the caller asked for', async () => {
  const depositor = BigInt(user.address);
  expect(
    await user.deposit([3n, 1n << 40n].map((units) => ({ token: 1, units, keyHash: 1n << 253n }))),
  ).toEqual([0, 1]);
  expect(await user.requestForcedExit(255, [1n << 250n, 7n])).toBe(2);

  await readAll(watcher(0, 1));
  expect(store.ops.map(({ op }) => op)).toEqual([
    { type: 'deposit', depositor, token: 1, amount: 3n, keyHash: 1n << 253n },
    { type: 'deposit', depositor, token: 1, amount: 1n << 40n, keyHash: 1n << 253n },
    { type: 'forcedExit', owner: depositor, index: 255, publicKey: [1n << 250n, 7n] },
  ]);
  expect(store.ops.map(({ elements }) => elements)).toEqual(store.ops.map(({ op }) => encodeL1Op(op)));
  const block = await chain.getBlock(store.ops[2]!.location.blockNumber);
  expect(store.ops[2]).toMatchObject({
    id: 2,
    timestamp: block!.timestamp,
    location: { blockHash: block!.hash },
  });
});

test('many ops at once are compared with the contract a few at a time', async () => {
  await user.deposit(Array.from({ length: 40 }, () => ({ token: 1, units: 1n, keyHash: 5n })));
  const { queueHolds } = RollupContract.prototype;
  let [now, most] = [0, 0];
  const spy = vi.spyOn(RollupContract.prototype, 'queueHolds').mockImplementation(async function (
    this: RollupContract,
    op,
  ) {
    most = Math.max(most, ++now);
    try {
      return await queueHolds.call(this, op);
    } finally {
      now -= 1;
    }
  });
  await readAll(watcher());
  expect(spy).toHaveBeenCalledTimes(40);
  spy.mockRestore();
  expect(store.ops).toHaveLength(40);
  expect(most).toBe(16);
});

test('an op waits for its confirmations', async () => {
  await deposit(1n);
  const reader = watcher(2);
  await readAll(reader);
  expect(store.ops).toEqual([]);
  await chain.send('anvil_mine', ['0x1']);
  await readAll(reader);
  expect(store.ops).toEqual([]);
  await chain.send('anvil_mine', ['0x1']);
  await readAll(reader);
  expect(store.ops).toHaveLength(1);
});

test('a reorg takes back what fell out and keeps what stayed', async () => {
  await deposit(1n);
  const reorg = await fork();
  await deposit(2n);
  await deposit(3n);
  const reader = watcher();
  await readAll(reader);
  expect(store.ops).toHaveLength(3);
  const kept = store.ops[0];

  await reorg();
  await deposit(4n);
  await chain.send('anvil_mine', ['0x5']);
  await readAll(reader);
  expect(store.ops.map(({ op }) => op.type === 'deposit' && op.amount)).toEqual([1n, 4n]);
  expect(store.ops[0]).toBe(kept);
});

test('a reorg of everything back to the deployment', async () => {
  const reorg = await fork();
  await deposit(1n);
  await readAll(watcher());
  await reorg();
  await deposit(2n);
  await chain.send('anvil_mine', ['0x2']);
  await readAll(watcher());
  expect(store.ops.map(({ id, op }) => [id, op.type === 'deposit' && op.amount])).toEqual([[0, 2n]]);
});

test('a chain that got shorter counts as a reorg only when it stays so', async () => {
  const reorg = await fork();
  await deposit(1n);
  const reader = watcher();
  await readAll(reader);
  await reorg();
  expect(await reader.step()).toBe(false);
  expect(store.ops).toHaveLength(1);
  for (let look = 0; look < 5; look++) await reader.step();
  expect(store.ops).toEqual([]);
});

type Logs = { topics: string[]; data: string }[];

test.each<[string, (logs: Logs) => void, string]>([
  ['leaves out an event', (logs) => logs.shift(), 'queue-gap'],
  ['repeats an event', (logs) => logs.splice(1, 0, structuredClone(logs[0]!)), 'queue-gap'],
  ['invents an event', (logs) => logs.push(invented(logs[1]!)), 'queue-mismatch'],
  // The amount stands in bits 24-87 of e0: hex digits 6 to 21 from the right of the first word.
  ['changes an amount', (logs) => setDigit(logs[0]!, 64 - 8), 'queue-mismatch'],
  ['changes a time', (logs) => setDigit(logs[0]!, 4 * 64 - 1), 'queue-mismatch'],
  ['changes the type', (logs) => setDigit(logs[0]!, 63), 'bad-l1-op'],
])('an L1 node that %s is not believed', async (_, change, code) => {
  await deposit(1n);
  await deposit(1n);
  proxy.tamper = {
    method: 'eth_getLogs',
    change: (result) => {
      change(result as Logs);
      return result;
    },
  };
  await expect(readAll(watcher())).rejects.toMatchObject({ code });
  expect(store.ops).toEqual([]);
  proxy.tamper = undefined;
  await readAll(watcher());
  expect(store.ops).toHaveLength(2);
});

/** Puts another hex digit at this place of a log's data. */
function setDigit(log: { data: string }, place: number): void {
  const at = 2 + place;
  const digit = log.data[at] === '7' ? '3' : '7';
  log.data = log.data.slice(0, at) + digit + log.data.slice(at + 1);
}

/** The event of an op after this one, which has id 1. */
function invented(log: Logs[number]): Logs[number] {
  const [event, id, sender] = log.topics as [string, string, string];
  return { ...log, topics: [event, id.replace(/1$/, '2'), sender] };
}
