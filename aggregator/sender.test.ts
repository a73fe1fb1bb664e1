import { setTimeout as pause } from 'node:timers/promises';
import { type JsonRpcProvider, Transaction, type TransactionRequest, toQuantity, Wallet } from 'ethers';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { kzg } from '../test/support/kzg.ts';
import { MemoryJournal } from '../test/support/memory-journal.ts';
import { type RpcProxy, startRpcProxy } from '../test/support/rpc-proxy.ts';
import { TRANSACTION_GAS_CAP } from './fees.ts';
import { l1Provider } from './l1-connection.ts';
import { packBlob } from './packed-blob.ts';
import { TransactionSender } from './sender.ts';

/** A contract that counts the calls it gets, in its storage slot 0. */
const COUNTER_CODE = '0x5f5460010160005500';
const COUNTER = '0x00000000000000000000000000000000000c0de1';
/** A contract that burns all the gas it gets. */
const BURNER_CODE = '0x5b600056';
const BURNER = '0x00000000000000000000000000000000000c0de2';
const GWEI = 10n ** 9n;
const CALL = { to: COUNTER, data: '0x', purpose: 'count' };

let l1: LocalL1;
let chain: JsonRpcProvider;
let proxy: RpcProxy;
let provider: JsonRpcProvider;
let snapshot: string;
let journal: MemoryJournal;
let ended: AbortController;

beforeAll(async () => {
  l1 = await startLocalL1();
  chain = l1Provider(l1.url, l1.chainId);
  proxy = await startRpcProxy(l1.url);
  await chain.send('anvil_setCode', [COUNTER, COUNTER_CODE]);
  await chain.send('anvil_setCode', [BURNER, BURNER_CODE]);
});

afterAll(async () => {
  chain.destroy();
  await proxy.close();
  await l1.stop();
});

beforeEach(async () => {
  snapshot = (await chain.send('evm_snapshot', [])) as string;
  provider = l1Provider(proxy.url, l1.chainId);
  journal = new MemoryJournal();
  ended = new AbortController();
});

afterEach(async () => {
  ended.abort();
  proxy.down = false;
  proxy.tamper = proxy.refuse = undefined;
  provider.destroy();
  await chain.send('evm_setAutomine', [true]);
  await chain.send('anvil_dropAllTransactions', []);
  await chain.send('evm_revert', [snapshot]);
});

function newSender(maxFeePerGas = 100n * GWEI): TransactionSender {
  return new TransactionSender({
    provider,
    wallet: new Wallet(l1.privateKeys[1]!),
    chainId: l1.chainId,
    journal,
    logger: pino({ level: 'silent' }),
    signal: ended.signal,
    maxFeePerGas,
    pollMs: 5,
  });
}

async function counted(): Promise<number> {
  return Number(await chain.getStorage(COUNTER, 0));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}

test('a transaction is saved, sent once and reported with its block and cost', async () => {
  const sender = newSender();
  const mined = await sender.send(CALL);
  expect(mined.succeeded).toBe(true);
  expect(mined.location.transactionHash).toBe(journal.saved[0]!.hash);
  expect(mined.gasUsed).toBeGreaterThan(21_000n);
  await sender.send(CALL);
  expect(journal.saved.map(({ nonce }) => nonce)).toEqual([0, 1]);
  expect(await counted()).toBe(2);
});

test('a process that ends between saving and sending has it sent by the next one, once', async () => {
  journal.afterSave = () => {
    throw new Error('killed');
  };
  await expect(newSender().send(CALL)).rejects.toThrow('killed');
  expect(await counted()).toBe(0);
  journal.afterSave = () => undefined;

  await newSender().finishPending();
  await newSender().finishPending();
  expect(await counted()).toBe(1);
  expect(journal.saved).toHaveLength(1);
});

test('a process that ends between sending and the receipt sends nothing twice', async () => {
  await chain.send('evm_setAutomine', [false]);
  const sending = newSender().send(CALL);
  await until(async () => (await chain.send('txpool_status', [])).pending === '0x1');
  ended.abort(new Error('killed'));
  await expect(sending).rejects.toThrow('killed');

  ended = new AbortController();
  const finishing = newSender().finishPending();
  await chain.send('anvil_mine', ['0x1']);
  await finishing;
  expect(await counted()).toBe(1);
  expect(journal.saved).toHaveLength(1);
});

test('an answer that is lost on the way back does no harm', async () => {
  proxy.loseAnswerTo('eth_sendRawTransaction');
  await newSender().send(CALL);
  expect(await counted()).toBe(1);
  expect(journal.saved).toHaveLength(1);
});

test('it waits while the L1 node is unreachable', async () => {
  proxy.down = true;
  const sending = newSender().send(CALL);
  await pause(50);
  proxy.down = false;
  expect((await sending).succeeded).toBe(true);
  expect(await counted()).toBe(1);
});

test('fees rise, up to the cap, until the transaction is mined; then only one of them counts', async () => {
  await chain.send('evm_setAutomine', [false]);
  const sending = newSender(60n * GWEI).send(CALL);
  const mineWithBaseFee = async (fee: bigint): Promise<void> => {
    await chain.send('anvil_setNextBlockBaseFeePerGas', [`0x${fee.toString(16)}`]);
    await chain.send('evm_mine', []);
  };
  await until(async () => (await chain.send('txpool_status', [])).pending === '0x1');
  // Blocks too dear for it pass: the sender offers more, but never above its cap.
  for (const [baseFee, attempts] of [
    [5n, 2],
    [20n, 3],
  ] as const) {
    while (journal.saved.length < attempts) {
      await mineWithBaseFee(baseFee * GWEI);
      await pause(10);
    }
  }
  for (let block = 0; block < 8; block++) {
    await mineWithBaseFee(100n * GWEI);
    await pause(10);
  }
  expect(await counted()).toBe(0);
  // anvil drops what cannot pay the base fee, so it is sent again, and then mined.
  while ((await counted()) === 0) {
    await mineWithBaseFee(1n * GWEI);
    await pause(10);
  }
  expect((await sending).succeeded).toBe(true);
  expect(await counted()).toBe(1);
  expect(new Set(journal.saved.map(({ nonce }) => nonce))).toEqual(new Set([0]));
  for (const { maxFeePerGas } of journal.saved) expect(maxFeePerGas).toBeLessThanOrEqual(60n * GWEI);
});

test.skipIf(kzg === undefined)(
  'the gas of a call with a blob is estimated at the price of blob gas',
  async () => {
    const { blob } = await packBlob([
      { c: 0n, shapeId: 0, visible: [0n, 0n, 0n, 0n], hidden: [7n], data: new Uint8Array() },
    ]);
    const baseFee = 5n * GWEI;
    proxy.tamper = { method: 'eth_blobBaseFee', change: () => toQuantity(baseFee) };
    // As geth does.
    proxy.refuse = (method, [call]) =>
      method === 'eth_estimateGas' &&
      BigInt((call as { maxFeePerBlobGas: string }).maxFeePerBlobGas) < baseFee
        ? 'max fee per blob gas less than block blob gas fee'
        : undefined;
    for (const cap of [100n * GWEI, 4n * GWEI]) {
      expect((await newSender(cap).send({ ...CALL, blob })).succeeded).toBe(true);
      const { maxFeePerBlobGas } = Transaction.from(journal.saved.at(-1)!.raw);
      expect(maxFeePerBlobGas).toBe(cap < 2n * baseFee ? cap : 2n * baseFee + 1n);
    }
  },
);

test.skipIf(kzg === undefined)('a transaction keeps its blob when its fees rise, which double', async () => {
  const { blob } = await packBlob([
    { c: 0n, shapeId: 0, visible: [0n, 0n, 0n, 0n], hidden: [7n], data: new Uint8Array() },
  ]);
  await chain.send('evm_setAutomine', [false]);
  const sending = newSender().send({ ...CALL, blob });
  await until(async () => (await chain.send('txpool_status', [])).pending === '0x1');
  while (journal.saved.length < 2) {
    await chain.send('anvil_setNextBlockBaseFeePerGas', [`0x${(8n * GWEI).toString(16)}`]);
    await chain.send('evm_mine', []);
    await pause(10);
  }
  while ((await counted()) === 0) {
    await chain.send('anvil_setNextBlockBaseFeePerGas', ['0x1']);
    await chain.send('evm_mine', []);
    await pause(10);
  }
  expect((await sending).succeeded).toBe(true);
  const [first, second] = journal.saved.map(({ raw }) => Transaction.from(raw));
  for (const { type, blobVersionedHashes, blobWrapperVersion } of [first!, second!]) {
    expect([type, blobVersionedHashes, blobWrapperVersion]).toEqual([3, [blob.versionedHash], 1]);
  }
  expect(second!.nonce).toBe(first!.nonce);
  for (const price of ['maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas'] as const) {
    expect(second![price]).toBeGreaterThanOrEqual(2n * first![price]!);
  }
});

describe.skipIf(kzg === undefined)('a node that keeps transactions with blobs in a pool of their own', () => {
  const typeOf = (raw: unknown) => Transaction.from(raw as string).type;
  const blobCall = async () => {
    const batch = { c: 0n, shapeId: 0, visible: [0n, 0n, 0n, 0n], hidden: [7n], data: new Uint8Array() };
    return { ...CALL, blob: (await packBlob([batch])).blob };
  };

  test('a call is sent again while the node has not yet seen that the one before was mined', async () => {
    let refusals = 0;
    proxy.refuse = (method, [raw]) =>
      method === 'eth_sendRawTransaction' && typeOf(raw) === 2 && ++refusals <= 3
        ? 'address already reserved'
        : undefined;
    await newSender().send(await blobCall());
    expect((await newSender().send(CALL)).succeeded).toBe(true);
    expect(refusals).toBe(4);
    expect(journal.saved.map(({ raw }) => typeOf(raw))).toEqual([3, 2]);
    expect(await counted()).toBe(2);
  });

  test.each([
    [3, 2],
    [2, 3],
  ] as const)(
    'a transaction of type %d that was given up and lives on is hurried, not replaced by type %d',
    async (old, next) => {
      const calls = { 2: CALL, 3: await blobCall() };
      await chain.send('evm_setAutomine', [false]);
      // Blocks pass that do not have it, one at each look.
      let height = await chain.getBlockNumber();
      proxy.tamper = { method: 'eth_blockNumber', change: () => toQuantity(height++) };
      // The node has the first one, and refuses it with higher fees until it was given up.
      proxy.refuse = (method, [raw]) => {
        if (method !== 'eth_sendRawTransaction') return undefined;
        if (typeOf(raw) !== old) return 'address already reserved';
        return journal.saved.length === 2 ? 'no more today' : undefined;
      };
      await expect(newSender(1000n * GWEI).send(calls[old])).rejects.toMatchObject({
        code: 'transaction-refused',
        kind: 'refused',
        details: { nonce: 0, reason: 'no more today' },
      });
      const sending = newSender(1000n * GWEI).send(calls[next]);
      await until(() => journal.saved.length >= 4);
      await until(async () => (await chain.getTransaction(journal.saved.at(-1)!.hash)) !== null);
      await chain.send('evm_mine', []);
      expect((await sending).succeeded).toBe(true);
      expect(journal.saved.map(({ raw }) => typeOf(raw)).slice(0, 4)).toEqual([old, old, next, old]);
      expect(new Set(journal.saved.map(({ nonce }) => nonce))).toEqual(new Set([0]));
      expect(await counted()).toBe(1);
    },
  );
});

test('after a reorg what fell out is sent again before anything else', async () => {
  await newSender().send(CALL);
  await newSender().send(CALL);
  expect(await counted()).toBe(2);
  await chain.send('evm_revert', [snapshot]);
  snapshot = (await chain.send('evm_snapshot', [])) as string;
  expect(await counted()).toBe(0);

  await newSender().send(CALL);
  expect(await counted()).toBe(3);
  expect(journal.saved.map(({ nonce }) => nonce)).toEqual([0, 1, 2]);
});

/** Signs a transaction of the account's first nonce and saves it, as an earlier process would have. */
async function saveSigned(fields: TransactionRequest): Promise<void> {
  const wallet = new Wallet(l1.privateKeys[1]!);
  const prices = { maxFeePerGas: 2n * GWEI, maxPriorityFeePerGas: GWEI, gasLimit: 100_000n };
  const transaction = { type: 2, chainId: l1.chainId, nonce: 0, ...prices, ...fields };
  const raw = await wallet.signTransaction(transaction);
  const { hash, maxFeePerGas, maxPriorityFeePerGas, gasLimit } = Transaction.from(raw);
  journal.saveTransaction({
    from: wallet.address,
    nonce: 0,
    hash: hash!,
    raw,
    purpose: 'saved before',
    maxFeePerGas: maxFeePerGas!,
    maxPriorityFeePerGas: maxPriorityFeePerGas!,
    gasLimit,
  });
}

/** More gas than a block holds: nodes refuse it. */
const TOO_MUCH_GAS = { to: COUNTER, gasLimit: 4n * TRANSACTION_GAS_CAP };

test('a saved transaction that L1 refuses to take is given up, and its nonce is used again', async () => {
  await saveSigned(TOO_MUCH_GAS);
  expect((await newSender().send(CALL)).succeeded).toBe(true);
  expect(await counted()).toBe(1);
  expect(journal.saved.map(({ nonce }) => nonce)).toEqual([0, 0]);
});

test('a transaction that was given up at the highest fee is not replaced', async () => {
  await saveSigned({ ...TOO_MUCH_GAS, maxFeePerGas: 60n * GWEI });
  await expect(newSender(60n * GWEI).send(CALL)).rejects.toMatchObject({
    code: 'fee-cap',
    kind: 'refused',
    details: { nonce: 0, cap: String(60n * GWEI), offered: String(60n * GWEI) },
  });
  expect(journal.saved).toHaveLength(1);
});

test('a saved transaction that calls nobody does not get higher fees', async () => {
  await chain.send('evm_setAutomine', [false]);
  await saveSigned({ data: COUNTER_CODE });
  let height = await chain.getBlockNumber();
  proxy.tamper = { method: 'eth_blockNumber', change: () => toQuantity(height++) };
  await expect(newSender().finishPending()).rejects.toMatchObject({ code: 'bad-journal', kind: 'internal' });
});

test('a nonce that another program used is noticed', async () => {
  proxy.refuse = (method) => (method === 'eth_sendRawTransaction' ? 'already known' : undefined);
  const sending = newSender().send(CALL);
  await until(() => journal.saved.length > 0);
  const other = new Wallet(l1.privateKeys[1]!, chain);
  await (await other.sendTransaction({ to: other.address, nonce: 0 })).wait();
  await expect(sending).rejects.toMatchObject({
    code: 'nonce-taken',
    kind: 'refused',
    details: { nonce: 0, hash: journal.saved[0]!.hash },
  });
});

test('a call above the gas cap, and an operator without funds, are refused with a reason', async () => {
  await expect(newSender().send({ ...CALL, to: BURNER })).rejects.toMatchObject({
    code: 'gas-cap',
    kind: 'refused',
  });
  expect(journal.saved).toEqual([]);

  const sender = newSender();
  await chain.send('anvil_setBalance', [sender.address, '0x1']);
  await expect(sender.send(CALL)).rejects.toMatchObject({ code: 'out-of-funds' });
  await chain.send('anvil_setBalance', [sender.address, `0x${(10n ** 18n).toString(16)}`]);
  await newSender().finishPending();
  expect(journal.saved.length).toBeLessThanOrEqual(1);
});
