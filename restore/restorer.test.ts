import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, dataLength, dataSlice, type JsonRpcProvider, toBeHex, toQuantity, Wallet } from 'ethers';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { l1Provider } from '../aggregator/l1-connection.ts';
import type { Account } from '../protocol/account.ts';
import { genesisHeader, headerHash, NO_PARENT } from '../protocol/batch-header.ts';
import type { L1Op } from '../protocol/l1-ops.ts';
import { type L2Op, signOp } from '../protocol/ops.ts';
import { L1User } from '../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { holder } from '../test/support/random-batch.ts';
import { RollupCalls } from '../test/support/rollup-calls.ts';
import { type RpcProxy, startRpcProxy } from '../test/support/rpc-proxy.ts';
import { TestRollup } from '../test/support/test-rollup.ts';
import { TRANSACTIONS_AT_ONCE } from './log-pieces.ts';
import { type RestoredRollup, restoreRollup } from './restore-rollup.ts';

const [alice, bob] = [holder(1), holder(2)];
let l1: LocalL1;
let chain: JsonRpcProvider;
let proxy: RpcProxy;
let rollup: TestRollup;
let calls: RollupCalls;
let folder: string;
let user: L1User;

beforeEach(async () => {
  l1 = await startLocalL1();
  chain = l1Provider(l1.url, l1.chainId);
  proxy = await startRpcProxy(l1.url);
  rollup = await TestRollup.deploy(l1, chain);
  calls = new RollupCalls(l1, chain, rollup);
  user = new L1User(new Wallet(l1.privateKeys[1]!, chain), rollup.deployment);
  folder = mkdtempSync(join(tmpdir(), 'millrace-restore-'));
});

afterEach(async () => {
  chain.destroy();
  await proxy.close();
  await l1.stop();
  rmSync(folder, { recursive: true });
});

interface Found {
  readonly accounts: [number, Account][];
  readonly finalizedNumber: number;
  readonly committedNumber: number;
  readonly invalid: unknown;
}

/** Restores through the proxy, and looks at what came out. */
async function restore(
  look: (restored: RestoredRollup) => void = () => {},
  fromBlock?: number,
): Promise<Found> {
  const restored = await restoreRollup({
    rpcUrl: proxy.url,
    rollup: rollup.deployment.rollup,
    folder,
    fromBlock,
    logger: pino({ level: 'silent' }),
    signal: new AbortController().signal,
  });
  try {
    look(restored);
    const { state, finalizedNumber, committedNumber, invalid } = restored;
    expect(state.root).toBe((await calls.state()).finalizedRoot);
    return { accounts: state.snapshot(), finalizedNumber, committedNumber, invalid: invalid?.details };
  } finally {
    restored.close();
  }
}

async function deposit(units: bigint, keyHash = alice.keyHash): Promise<L1Op> {
  await user.deposit([{ token: 1, units, keyHash }]);
  return { type: 'deposit', depositor: BigInt(user.address), token: 1, amount: units, keyHash };
}

const pay = (op: L2Op, by = alice) => signOp(op, by.key, by.owner, rollup.domain);
const payment = { from: 1, token: 1, amount: 100n, feeCode: 0, nonce: 0 };

/** A rollup's first two batches: Alice deposits, creates Bob's account, and withdraws. */
async function twoBatches(): Promise<void> {
  const first = rollup.nextBatch(
    [await deposit(1000n)],
    [pay({ type: 'transferToNew', ...payment, toKeyHash: bob.keyHash })],
  );
  const second = rollup.nextBatch([], [pay({ type: 'withdraw', ...payment, amount: 7n, nonce: 1 })]);
  await calls.finalize(first.proven, second.proven);
}

test('a state of every kind of op, from batches that came in one call or two steps', async () => {
  await twoBatches();
  expect(await restore()).toMatchObject({
    finalizedNumber: 2,
    committedNumber: 2,
    accounts: rollup.state.snapshot(),
  });

  const exit = { index: 2, publicKey: bob.key.publicKey };
  await user.requestForcedExit(exit.index, exit.publicKey); // not by the owner: does nothing
  const op: L1Op = { type: 'forcedExit', owner: BigInt(user.address), ...exit };
  const { proven } = rollup.nextBatch(
    [op, await deposit(5n, bob.keyHash)],
    [pay({ type: 'transfer', ...payment, to: 2, nonce: 2 })],
  );
  await calls.finalize(proven);
  await deposit(9n);
  const found = await restore(({ store }) => {
    expect(store.totals()).toEqual({ batches: 3, signedOps: 3, l1Ops: 3 });
    expect(store.payoutsTo(alice.owner)).toEqual([{ batch: 2, place: 0 }]);
    expect(store.payoutsOf(2)).toEqual([{ owner: alice.owner, token: 1, amount: 7n }]);
    expect(store.unprocessedDeposits(BigInt(user.address)).map(({ id }) => id)).toEqual([3]);
    expect(store.unprocessedDeposits(1n)).toEqual([]);
  });
  expect(found).toMatchObject({ finalizedNumber: 3, accounts: rollup.state.snapshot() });
});

test('batches that wait for their proofs, become final, or can never have one', async () => {
  const genesis = genesisHeader(BigInt(rollup.deployment.genesisRoot));
  const first = rollup.nextBatch([await deposit(1000n)]).proven;
  const header = await calls.commit(first, genesis, NO_PARENT);
  expect(await restore()).toMatchObject({
    finalizedNumber: 0,
    committedNumber: 1,
    accounts: [],
    invalid: undefined,
  });

  await calls.prove(header);
  const junk = rollup.nextBatch([], [pay({ type: 'withdraw', ...payment })]).proven;
  await calls.commit({ ...junk, newRoot: junk.newRoot + 1n }, header, headerHash(genesis, NO_PARENT));
  expect(await restore()).toMatchObject({
    finalizedNumber: 1,
    committedNumber: 2,
    accounts: [[1, { keyHash: alice.keyHash, token: 1, nonce: 0, balance: 1000n }]],
    invalid: { batch: 2, place: 'state root' },
  });
});

describe('calldata that no encoder makes, and L1 takes', () => {
  const word = (value: bigint | number) => toBeHex(BigInt.asUintN(256, BigInt(value)), 32);
  const WORDS = 11; // of `commitBatches` before the batches: a hash, a header and an offset

  /** The call with one batch, and where its parts end. */
  async function encoded(): Promise<{ start: string; batch: string; unused: number }> {
    const { newRoot, c, data } = rollup.nextBatch([await deposit(1000n)]).proven;
    const genesis = genesisHeader(BigInt(rollup.deployment.genesisRoot));
    const call = calls.encode('commitBatches', [NO_PARENT, genesis, [{ shape: 0, newRoot, c, data }]]);
    const start = dataSlice(call, 0, 4 + 32 * (WORDS - 1));
    const unused = -data.length & 31;
    expect(unused).not.toBe(0);
    return { start, batch: dataSlice(call, 4 + 32 * (WORDS + 2)), unused };
  }

  test('data whose last word is cut off', async () => {
    const { start, batch, unused } = await encoded();
    const call = concat([start, word(32 * WORDS), word(1), word(32), batch]);
    await calls.send(dataSlice(call, 0, dataLength(call) - unused));
    expect(await restore()).toMatchObject({ committedNumber: 1, invalid: undefined });
  });

  test('a batch that lies before the list that it is in', async () => {
    const { start, batch } = await encoded();
    const back = -32 - dataLength(batch);
    await calls.send(concat([start, word(32 * WORDS + dataLength(batch)), batch, word(1), word(back)]));
    expect(await restore()).toMatchObject({ committedNumber: 1, invalid: undefined });
  });
});

test('batches that were taken back, and what came in their place', async () => {
  const genesis = genesisHeader(BigInt(rollup.deployment.genesisRoot));
  const first = rollup.nextBatch([await deposit(1000n)]).proven;
  const committed = await calls.commit(first, genesis, NO_PARENT);
  expect(await restore()).toMatchObject({ finalizedNumber: 0, committedNumber: 1 });
  const snapshot: unknown = await chain.send('evm_snapshot', []);
  await chain.send('evm_increaseTime', [rollup.deployment.proofDeadline + 1]);
  await calls.send(calls.encode('revertBatches', [committed]));
  expect(await restore()).toMatchObject({ finalizedNumber: 0, committedNumber: 0, accounts: [] });
  await calls.finalize(first);
  expect(await restore()).toMatchObject({ finalizedNumber: 1, accounts: rollup.state.snapshot() });

  // On another chain it was proven in time.
  await chain.send('evm_revert', [snapshot]);
  await calls.prove(committed);
  await chain.send('anvil_mine', [toQuantity(5)]);
  expect(await restore()).toMatchObject({ finalizedNumber: 1, accounts: rollup.state.snapshot() });
});

test('it follows L1 over a reorg, before and after batches became final', async () => {
  await twoBatches();
  const before = rollup.state.snapshot();
  await restore();
  const snapshot: unknown = await chain.send('evm_snapshot', []);
  await deposit(50n, bob.keyHash);
  await deposit(60n, bob.keyHash);
  const op = (amount: bigint): L1Op => ({
    type: 'deposit',
    depositor: BigInt(user.address),
    token: 1,
    amount,
    keyHash: bob.keyHash,
  });
  await calls.finalize(rollup.nextBatch([op(50n), op(60n)]).proven);
  const after = rollup.state.snapshot();
  expect(await restore()).toMatchObject({ finalizedNumber: 3, accounts: after });

  // A shorter chain, then one that goes on differently.
  await chain.send('evm_revert', [snapshot]);
  expect(await restore(({ store }) => expect(store.l1OpCount()).toBe(1))).toMatchObject({
    finalizedNumber: 2,
    accounts: before,
  });
  await deposit(51n, bob.keyHash);
  await chain.send('anvil_mine', [toQuantity(5)]);
  expect(await restore(({ store }) => expect(store.l1OpCount()).toBe(2))).toMatchObject({ accounts: before });
  expect(await restore()).toMatchObject({ finalizedNumber: 2, accounts: before });
});

test('it goes on where it stopped, over a lost connection, and refuses another chain', async () => {
  await twoBatches();
  await restore();
  await chain.send('anvil_mine', [toQuantity(30)]);
  const asked = proxy.count('eth_getTransactionByHash');
  proxy.down = true;
  setTimeout(() => {
    proxy.down = false;
  }, 300);
  await expect(restore()).rejects.toMatchObject({ code: 'l1-unreachable' });
  proxy.down = false;
  proxy.loseAnswerTo('eth_getLogs');
  expect(await restore()).toMatchObject({ accounts: rollup.state.snapshot() });
  expect(proxy.count('eth_getTransactionByHash')).toBe(asked);

  proxy.tamper = {
    method: 'eth_getBlockByNumber',
    change: (block) => ({ ...(block as object), hash: `0x${'77'.repeat(32)}` }),
  };
  await expect(restore()).rejects.toMatchObject({ code: 'other-chain', kind: 'refused' });
});

test('what was read of a range of blocks is kept when the rest of it cannot be read', async () => {
  let [header, grandparent] = [genesisHeader(BigInt(rollup.deployment.genesisRoot)), NO_PARENT];
  const commits = TRANSACTIONS_AT_ONCE + 2; // and the deployment, which is the first transaction
  for (let number = 1; number <= commits; number++) {
    const next = await calls.commit(rollup.nextBatch().proven, header, grandparent);
    [header, grandparent] = [next, headerHash(header, grandparent)];
  }
  const last = (await chain.getBlock('latest'))!.transactions[0];
  proxy.tamper = {
    method: 'eth_getTransactionByHash',
    change: (found) => ((found as { hash: string }).hash === last ? null : found),
  };
  await expect(restore()).rejects.toMatchObject({
    code: 'transaction-missing',
    kind: 'refused',
    details: { transaction: last },
  });
  proxy.tamper = undefined;
  const asked = proxy.count('eth_getTransactionByHash');
  expect(await restore()).toMatchObject({ committedNumber: commits, invalid: undefined });
  expect(proxy.count('eth_getTransactionByHash') - asked).toBe(3);
});

test('a node that gives few blocks at once is asked for fewer, and one that refuses is told of', async () => {
  await twoBatches();
  await chain.send('anvil_mine', [toQuantity(40)]);
  proxy.refuse = (method, params) => {
    if (method !== 'eth_getLogs') return undefined;
    const { fromBlock, toBlock } = params[0] as Record<string, string>;
    return Number(toBlock) - Number(fromBlock) >= 7 ? 'query returned more than it should' : undefined;
  };
  expect(await restore()).toMatchObject({ accounts: rollup.state.snapshot() });

  rmSync(folder, { recursive: true });
  proxy.refuse = (method) => (method === 'eth_getCode' ? 'missing trie node' : undefined);
  await expect(restore()).rejects.toMatchObject({ code: 'from-block-needed', kind: 'input' });
  expect(await restore(undefined, 0)).toMatchObject({ accounts: rollup.state.snapshot() });

  rmSync(folder, { recursive: true });
  await expect(restore(undefined, 10_000)).rejects.toMatchObject({ code: 'bad-from-block' });
  const late = await chain.getBlockNumber();
  await expect(restore(undefined, late)).rejects.toMatchObject({ code: 'restore-mismatch' });
});

describe('batches through another contract', () => {
  test('are found in the trace; without traces they are refused', async () => {
    const { proven } = rollup.nextBatch([await deposit(1000n)]);
    // The operator's address gets code that hands its calldata on to the rollup.
    const forward = concat(['0x365f5f375f5f365f5f73', calls.contract.address, '0x5af16026575f5ffd5b00']);
    await chain.send('hardhat_setCode', [calls.operator, forward]);
    await calls.send(
      await calls.contract.encodeCommitAndProve([proven], rollup.keys),
      calls.operator,
      new Wallet(l1.privateKeys[2]!, chain),
    );
    proxy.refuse = (method) =>
      method === 'debug_traceTransaction' ? 'the method does not exist' : undefined;
    await expect(restore()).rejects.toMatchObject({ code: 'trace-needed', kind: 'refused' });
    proxy.refuse = undefined;
    expect(await restore()).toMatchObject({ finalizedNumber: 1, accounts: rollup.state.snapshot() });
  });
});

describe('an L1 node that lies', () => {
  type Lie = { method: string; change: (result: never) => unknown };
  const other = (hex: string, at: number): string => {
    const place = at < 0 ? hex.length + at : at;
    return hex.slice(0, place) + (hex[place] === '0' ? '1' : '0') + hex.slice(place + 1);
  };
  const logs = (change: (all: { topics: string[]; data: string }[]) => unknown[]): Lie => ({
    method: 'eth_getLogs',
    change,
  });
  const topic = (name: string): string => calls.contract.interface.getEvent(name)!.topicHash;

  const lies: [what: string, codes: string[], lie: Lie][] = [
    [
      'another byte of the data',
      ['header-mismatch', 'batch-does-not-apply'],
      {
        method: 'eth_getTransactionByHash',
        change: (t: { input: string }) => ({ ...t, input: flip(t.input) }),
      },
    ],
    [
      'another batch',
      ['header-mismatch', 'queue-mismatch'],
      {
        method: 'eth_getTransactionByHash',
        change: (t: { input: string }) => ({ ...t, input: other(t.input, 2 * 4 + 2 + 64 * 7 + 70) }),
      },
    ],
    [
      'calldata cut off',
      ['not-a-commit'],
      {
        method: 'eth_getTransactionByHash',
        change: (t: { input: string }) => ({ ...t, input: t.input.slice(0, 200) }),
      },
    ],
    [
      'another time of the commit',
      ['header-mismatch'],
      {
        method: 'eth_getBlockByNumber',
        change: (b: { timestamp: string }) => ({ ...b, timestamp: toQuantity(BigInt(b.timestamp) + 1n) }),
      },
    ],
    ['no transaction', ['transaction-missing'], { method: 'eth_getTransactionByHash', change: () => null }],
    ['no events', ['restore-mismatch'], logs(() => [])],
    [
      'no deposit',
      ['queue-mismatch'],
      logs((all) => all.filter(({ topics }) => topics[0] !== topic('L1OpQueued'))),
    ],
    [
      'no finality',
      ['restore-mismatch'],
      logs((all) => all.filter(({ topics }) => topics[0] !== topic('BatchFinalized'))),
    ],
    [
      'a finality that never was',
      ['event-gap'],
      logs((all) => [...all, { ...all.at(-1)!, topics: [topic('BatchFinalized'), `0x${'0'.repeat(63)}9`] }]),
    ],
    [
      'another deposit',
      ['queue-mismatch'],
      logs((all) =>
        all.map((log) =>
          log.topics[0] === topic('L1OpQueued') ? { ...log, data: other(log.data, 60) } : log,
        ),
      ),
    ],
    [
      'another hash of a header',
      ['header-mismatch'],
      logs((all) =>
        all.map((log) =>
          log.topics[0] === topic('BatchCommitted') ? { ...log, data: other(log.data, 10) } : log,
        ),
      ),
    ],
  ];

  test('is found out, and what was read of the truth stays good', async () => {
    await twoBatches();
    for (const [what, codes, lie] of lies) {
      rmSync(folder, { recursive: true, force: true });
      proxy.tamper = lie as RpcProxy['tamper'];
      const error = await restore().then(
        () => undefined,
        (thrown: { code: string; kind: string }) => thrown,
      );
      expect([what, error]).toMatchObject([what, { kind: 'refused' }]);
      expect([what, ...codes]).toContain(error!.code);
      proxy.tamper = undefined;
      // What is missing at the end is not missed until the contract is asked: the folder has to go then.
      if (error!.code === 'restore-mismatch') continue;
      expect(await restore()).toMatchObject({ accounts: rollup.state.snapshot() });
    }
  });

  /** The calldata with another digit near the end of the first batch's data, among its auxiliary values. */
  function flip(input: string): string {
    const [batches, ...proof] = calls.contract.interface
      .decodeFunctionData('commitAndProveBatches', input)
      .toArray(true);
    batches[0][3] = other(batches[0][3], -20);
    return calls.encode('commitAndProveBatches', [batches, ...proof]);
  }
});

test('no rollup, or another one in the folder', async () => {
  const at = (address: string) =>
    restoreRollup({
      rpcUrl: proxy.url,
      rollup: address,
      folder,
      logger: pino({ level: 'silent' }),
      signal: new AbortController().signal,
    });
  for (const address of [user.address, rollup.deployment.shapes[0]!.verifier]) {
    await expect(at(address)).rejects.toMatchObject({ code: 'no-rollup', kind: 'refused' });
  }
  await restore();
  const second = await TestRollup.deploy(l1, chain);
  await expect(at(second.deployment.rollup)).rejects.toMatchObject({ code: 'other-rollup' });
});
