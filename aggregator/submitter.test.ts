import {
  Contract,
  dataLength,
  type JsonRpcProvider,
  type Log,
  type TransactionResponse,
  Wallet,
} from 'ethers';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { keyHash, keyPairFromPrivateKey } from '../protocol/keys.ts';
import { signOp } from '../protocol/ops.ts';
import { L1User } from '../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { MemoryJournal } from '../test/support/memory-journal.ts';
import { MemoryStore } from '../test/support/memory-store.ts';
import { TestRollup } from '../test/support/test-rollup.ts';
import { callBytes } from './call-bytes.ts';
import { CallTiming } from './call-timing.ts';
import { EventFollower } from './event-follower.ts';
import { FinalityFollower } from './finality.ts';
import { l1Provider } from './l1-connection.ts';
import { longestFitting } from './next-call.ts';
import { RollupContract } from './rollup-contract.ts';
import { TransactionSender } from './sender.ts';
import { type SubmittedKey, Submitter, type SubmitterOptions } from './submitter.ts';

const SILENT = pino({ level: 'silent' });

let l1: LocalL1;
let chain: JsonRpcProvider;
let rollup: TestRollup;
let contract: RollupContract;
let store: MemoryStore;
let journal: MemoryJournal;
let user: L1User;
let ended: AbortController;

beforeAll(async () => {
  l1 = await startLocalL1();
  chain = l1Provider(l1.url, l1.chainId);
});

afterAll(async () => {
  chain.destroy();
  await l1.stop();
});

beforeEach(async () => {
  rollup = await TestRollup.deploy(l1, chain);
  contract = new RollupContract(chain, rollup.deployment);
  store = new MemoryStore(rollup.state.root);
  journal = new MemoryJournal();
  user = new L1User(new Wallet(l1.privateKeys[1]!, chain), rollup.deployment);
  ended = new AbortController();
});

afterEach(() => ended.abort());

function submitter(change: Partial<SubmitterOptions> = {}): Submitter {
  const sender = new TransactionSender({
    provider: chain,
    wallet: new Wallet(l1.privateKeys[0]!),
    chainId: l1.chainId,
    journal,
    logger: SILENT,
    signal: ended.signal,
    maxFeePerGas: 100n * 10n ** 9n,
    pollMs: 5,
  });
  const { deployment, keys } = rollup;
  const options = {
    rollup: contract,
    sender,
    source: store,
    deployment,
    keys,
    maxBatchesPerCall: 8,
    timing: new CallTiming({ finality: 'fast', waitMs: 0, logger: SILENT }),
    blobFolder: '/nowhere', // there are no blobs
    logger: SILENT,
  };
  return new Submitter({ ...options, ...change });
}

/** @param seen what the L1 node makes of the events */
function finality(seen = (logs: readonly Log[]): readonly Log[] => logs): FinalityFollower {
  const { block: startBlock } = rollup.deployment;
  const topic = contract.topic('BatchFinalized');
  const follower = new EventFollower({
    provider: chain,
    address: contract.address,
    topic,
    startBlock,
    confirmations: 0,
  });
  const look = follower.look.bind(follower);
  follower.look = async (cursor) => {
    const found = await look(cursor);
    return found.kind === 'events' ? { ...found, logs: seen(found.logs) } : found;
  };
  return new FinalityFollower({ rollup: contract, follower, source: store, logger: SILENT });
}

async function all(part: { step(): Promise<boolean> }): Promise<void> {
  while (await part.step());
}

/** Adds proven batches without ops. */
function addBatches(count: number): void {
  for (let i = 0; i < count; i++) store.addProven(rollup.nextBatch().proven);
}

async function finalizedOnL1(): Promise<number> {
  return (await contract.state()).finalizedNumber;
}

test('batches that do not follow each other are not sent', async () => {
  addBatches(3);
  const [first, second, third] = store.batches.splice(0).map(({ batch }) => batch);
  for (const [batches, expected] of [
    [[first, { ...second!, oldRoot: 5n }], { found: 2, foundRoot: '5' }],
    [[first, third], { expected: 2, found: 3 }],
  ] as const) {
    const source = new MemoryStore(store.genesisRoot);
    for (const batch of batches) source.addProven(batch!);
    await expect(submitter({ source }).step()).rejects.toMatchObject({
      kind: 'internal',
      code: 'broken-batch-chain',
      details: expected,
    });
  }
  expect(journal.saved).toEqual([]);
});

test('batches with a deposit and a withdrawal are finalized in one call, and the payout is claimed once', async () => {
  const key = keyPairFromPrivateKey(new Uint8Array(32).fill(9));
  const owner = BigInt(user.address);
  const credit = keyHash(key.publicKey, owner);
  await user.deposit([{ token: 1, units: 1000n, keyHash: credit }]);
  store.addProven(
    rollup.nextBatch([{ type: 'deposit', depositor: owner, token: 1, amount: 1000n, keyHash: credit }])
      .proven,
  );
  const withdrawal = { type: 'withdraw', from: 1, token: 1, amount: 600n, feeCode: 0, nonce: 0 } as const;
  const second = rollup.nextBatch([], [signOp(withdrawal, key, owner, rollup.domain)]);
  store.addProven(second.proven);

  await all(submitter());
  expect(journal.saved.map(({ purpose }) => purpose)).toEqual(['batches 1..2']);
  expect(store.statuses()).toEqual(['submitted', 'submitted']);
  await all(finality());
  expect(store.statuses()).toEqual(['finalized', 'finalized']);
  expect((await contract.state()).finalizedRoot).toBe(rollup.state.root);

  const before = await chain.getBalance(user.address);
  const claimer = new L1User(new Wallet(l1.privateKeys[2]!, chain), rollup.deployment);
  await claimer.claim(2, second.sealed.payouts, 0);
  expect((await chain.getBalance(user.address)) - before).toBe(600n * 10n ** 9n);
  await expect(claimer.claim(2, second.sealed.payouts, 0)).rejects.toMatchObject({
    code: 'l1-payout-already-claimed',
  });
});

test('cheap finality lets a batch wait until its call is full', async () => {
  const timing = new CallTiming({ finality: 'cheap', waitMs: 3_600_000, logger: SILENT });
  const cheap = submitter({ maxBatchesPerCall: 2, timing });
  addBatches(1);
  await all(cheap);
  expect(journal.saved).toEqual([]);
  addBatches(2);
  await all(cheap);
  expect(journal.saved.map(({ purpose }) => purpose)).toEqual(['batches 1..2']);
  expect(await finalizedOnL1()).toBe(2);
});

test('no more batches than asked for are in one call', async () => {
  addBatches(5);
  await all(submitter({ maxBatchesPerCall: 2 }));
  expect(journal.saved.map(({ purpose }) => purpose)).toEqual(['batches 1..2', 'batches 3..4', 'batch 5']);
  expect(await finalizedOnL1()).toBe(5);
});

test('what L1 has already is never sent again, whatever the store knows', async () => {
  addBatches(2);
  journal.afterSave = () => {
    throw new Error('killed');
  };
  await expect(submitter().step()).rejects.toThrow('killed');
  expect(store.statuses()).toEqual(['proven', 'proven']);
  journal.afterSave = () => undefined;
  await all(submitter());
  expect(journal.saved).toHaveLength(1);
  expect(await finalizedOnL1()).toBe(2);

  // A process that never heard of the receipt, or of the submission.
  store.markNotSubmitted(1, 2);
  await all(submitter());
  expect(journal.saved).toHaveLength(1);
  await all(finality());
  expect(store.statuses()).toEqual(['finalized', 'finalized']);
});

test('after a reorg batches fall back and are finalized again', async () => {
  addBatches(1);
  await all(submitter());
  const fork = (await chain.send('evm_snapshot', [])) as string;
  addBatches(2);
  await all(submitter());
  const follower = finality();
  await all(follower);
  expect(store.statuses()).toEqual(['finalized', 'finalized', 'finalized']);

  await chain.send('evm_revert', [fork]);
  await chain.send('anvil_mine', ['0x3']);
  await all(follower);
  expect(store.statuses()).toEqual(['finalized', 'proven', 'proven']);
  await all(submitter());
  await all(follower);
  expect(store.statuses()).toEqual(['finalized', 'finalized', 'finalized']);
  expect(await finalizedOnL1()).toBe(3);
});

test('a proof that L1 refuses is found and given back; the batches before it are finalized', async () => {
  addBatches(5);
  const bad = store.batches[3]!;
  const good = bad.batch;
  bad.batch = { ...good, proof: { ...good.proof, pi_c: store.batches[0]!.batch.proof.pi_c } };
  await all(submitter());
  expect(await finalizedOnL1()).toBe(3);
  expect(store.refused.map(({ number }) => number)).toEqual([4]);
  expect(store.statuses()).toEqual(['submitted', 'submitted', 'submitted', 'sealed', 'proven']);

  store.batches[3] = { batch: good, status: 'proven' };
  await all(submitter());
  expect(await finalizedOnL1()).toBe(5);
});

test('data that L1 does not accept is reported with its reason, and nothing is sent', async () => {
  addBatches(1);
  const kept = store.batches[0]!;
  kept.batch = { ...kept.batch, data: Uint8Array.from([...kept.batch.data, 0]) };
  await expect(submitter().step()).rejects.toMatchObject({
    code: 'batch-refused',
    details: { batch: 1, reason: 'l1-data-length' },
    fix: expect.stringContaining('millrace doctor'),
  });
  expect(journal.saved).toEqual([]);
});

test('a proof made with another key than the one on L1 is refused before anything is sent', async () => {
  addBatches(1);
  const [[shape, key]] = [...rollup.keys] as [[string, SubmittedKey]];
  const wrong = [
    { keys: new Map() },
    { keys: new Map([[shape, { ...key, manifestId: 'other' }]]) },
    { keys: new Map([[shape, { ...key, vkHash: `0x${'1'.repeat(64)}` }]]) },
  ];
  for (const change of wrong) {
    await expect(submitter(change).step()).rejects.toMatchObject({ code: 'key-mismatch', kind: 'refused' });
  }
  // The manifest of the deployment was changed too: the verifier on L1 has the last word.
  const forged = structuredClone(rollup.deployment);
  forged.shapes[0]!.vkHash = `0x${'1'.repeat(64)}`;
  await expect(submitter({ ...wrong[2], deployment: forged }).step()).rejects.toMatchObject({
    code: 'key-mismatch',
    details: { vkHashOnL1: key.vkHash },
  });
  expect(journal.saved).toEqual([]);
});

test('a store of another history is refused', async () => {
  addBatches(2);
  await all(submitter());
  const other = new MemoryStore(store.genesisRoot);
  await expect(submitter({ source: other }).step()).rejects.toMatchObject({ code: 'store-behind-chain' });
  for (const { batch } of store.batches) other.addProven({ ...batch, newRoot: batch.newRoot + 1n });
  await expect(submitter({ source: other }).step()).rejects.toMatchObject({
    code: 'chain-disagrees',
    kind: 'internal',
  });
});

test('a call is as long as a transaction may be, and holds one batch in any case', async () => {
  const { proven } = rollup.nextBatch();
  const fitting = (...kilobytes: number[]): number =>
    longestFitting(kilobytes.map((size) => ({ ...proven, data: new Uint8Array(1024 * size) }))).length;
  expect(fitting(40, 40, 40, 40)).toBe(3);
  expect(fitting(40, 85)).toBe(2);
  expect(fitting(40, 87)).toBe(1);
  expect(fitting(500, 1)).toBe(1);
  for (const count of [1, 2]) {
    const batches = [proven, { ...proven, data: new Uint8Array(33) }].slice(0, count);
    const sizes = batches.map(({ shape, data }) => ({ shape, bytes: data.length }));
    const call = await contract.encodeCommitAndProve(batches, rollup.keys);
    expect(callBytes(sizes, 'calldata')).toBe(dataLength(call));
    const openings = batches.map(() => ({ z: 1n, a: 0n, zy: 0n, yLo: 0n, y: 5n }));
    const [opening, data] = [new Uint8Array(96), new Uint8Array()];
    const blob = { data, commitment: data, cellProofs: data, versionedHash: '0x' };
    const blobCall = await contract.encodeCommitAndProveBlob(batches, rollup.keys, {
      opening,
      openings,
      blob,
    });
    expect(callBytes(sizes, 'blob')).toBe(dataLength(blobCall));
  }
});

test('finalizations out of order are refused', async () => {
  addBatches(2);
  await all(submitter({ maxBatchesPerCall: 1 }));
  await expect(finality((logs) => logs.toReversed()).step()).rejects.toMatchObject({
    code: 'finality-order',
  });
  await all(finality());
  expect(store.statuses()).toEqual(['finalized', 'finalized']);
});

test('a rollup in exit mode gets no more batches', async () => {
  await user.deposit([{ token: 1, units: 5n, keyHash: 7n }]);
  addBatches(1);
  await chain.send('evm_increaseTime', [rollup.deployment.l1Deadline + 1]);
  const { interface: abi, address } = contract;
  const anyone = new Contract(address, abi, new Wallet(l1.privateKeys[2]!, chain));
  const sent: TransactionResponse = await anyone.getFunction('activateExitMode').send();
  await sent.wait();
  await expect(submitter().step()).rejects.toMatchObject({ code: 'exit-mode', details: { lastBatch: 0 } });
  expect(journal.saved).toEqual([]);
});
