import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonRpcProvider, Wallet } from 'ethers';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CallTiming } from '../../aggregator/call-timing.ts';
import { EventFollower } from '../../aggregator/event-follower.ts';
import { l1Provider } from '../../aggregator/l1-connection.ts';
import { L1QueueWatcher } from '../../aggregator/queue-watcher.ts';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import { TransactionSender } from '../../aggregator/sender.ts';
import { Submitter } from '../../aggregator/submitter.ts';
import { StoredBatchSource } from '../../batcher/batch-source.ts';
import { L1Intake } from '../../batcher/l1-intake.ts';
import { Sequencer } from '../../batcher/sequencer.ts';
import { Store } from '../../batcher/store.ts';
import { type L2Op, opId, signOp } from '../../protocol/ops.ts';
import { L1User } from '../../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../../scripts/local-l1.ts';
import { holder } from '../support/random-batch.ts';
import { SHAPE, TestRollup } from '../support/test-rollup.ts';

const logger = pino({ level: 'silent' });
const [alice, bob] = [holder(1), holder(2)];
const cleanup: (() => unknown)[] = [];

let l1: LocalL1;
let chain: JsonRpcProvider;
let rollup: TestRollup;
let contract: RollupContract;
let store: Store;
let sequencer: Sequencer;
let submitter: Submitter;
let watcher: L1QueueWatcher;

beforeEach(async () => {
  l1 = await startLocalL1();
  cleanup.push(() => l1.stop());
  chain = l1Provider(l1.url, l1.chainId);
  cleanup.push(() => chain.destroy());
  rollup = await TestRollup.deploy(l1, chain);
  const { deployment, keys } = rollup;
  contract = new RollupContract(chain, deployment);

  const folder = mkdtempSync(join(tmpdir(), 'millrace-overdue-'));
  cleanup.push(() => rmSync(folder, { recursive: true, force: true }));
  store = Store.open(folder, {
    chainId: deployment.chainId,
    rollup: deployment.rollup,
    domain: rollup.domain,
    depth: deployment.depth,
    genesisRoot: BigInt(deployment.genesisRoot),
  });
  cleanup.push(() => store.close());
  sequencer = new Sequencer(store, { shapes: [{ shape: SHAPE, shapeId: 0 }], logger });
  const { depth, block: startBlock, chainId } = deployment;
  watcher = new L1QueueWatcher({
    rollup: contract,
    follower: new EventFollower({
      provider: chain,
      address: contract.address,
      topic: contract.topic('L1OpQueued'),
      startBlock,
      confirmations: 0,
    }),
    sink: new L1Intake(store, sequencer),
    depth,
    logger,
  });
  const ended = new AbortController();
  cleanup.push(() => ended.abort());
  const sender = new TransactionSender({
    provider: chain,
    wallet: new Wallet(l1.privateKeys[0]!),
    chainId,
    journal: store.transactions,
    logger,
    signal: ended.signal,
    maxFeePerGas: 100n * 10n ** 9n,
    pollMs: 5,
  });
  const source = new StoredBatchSource(store, sequencer, () => undefined);
  submitter = new Submitter({
    rollup: contract,
    sender,
    source,
    deployment,
    keys,
    maxBatchesPerCall: 8,
    timing: new CallTiming({ finality: 'fast', waitMs: 0, logger }),
    blobFolder: folder,
    logger,
  });
});

afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

/** Brings in what L1 has queued. */
async function readQueue(): Promise<void> {
  while (await watcher.step());
  while (sequencer.atomically(() => sequencer.takeWaitingL1()));
}

function place(op: L2Op, by: typeof alice): void {
  const signed = signOp(op, by.key, by.owner, rollup.domain);
  sequencer.atomically(() => sequencer.place(opId(op, rollup.domain), signed, 1));
}

function seal(): void {
  sequencer.atomically(() => sequencer.seal());
}

/** Proves every sealed batch. */
function prove(): void {
  for (const number of store.batches.unproven()) {
    const { manifestId } = rollup.keys.get('tiny')!;
    const proof = rollup.key.prove(store.batches.get(number)!.publicSignals!);
    store.proofs.add(number, { manifestId, proof, worker: 'w', timings: {}, provenAt: 1 });
  }
}

async function finalizedOnL1(): Promise<{ number: number; root: bigint }> {
  const { finalizedNumber: number, finalizedRoot: root } = await contract.state();
  return { number, root };
}

test('batches that left an overdue L1 op behind while L1 was away are built again and reach L1', async () => {
  const user = new L1User(new Wallet(l1.privateKeys[1]!, chain), rollup.deployment);
  await user.deposit([{ token: 1, units: 1000n, keyHash: alice.keyHash }]);
  await readQueue();
  seal();
  prove();
  while (await submitter.step());
  expect((await finalizedOnL1()).number).toBe(1);

  // Sealed and proven, but L1 cannot be reached; meanwhile the queue grows by more than one batch can take.
  const payment = { type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0 } as const;
  place({ ...payment, nonce: 0 }, alice);
  seal();
  prove();
  const strangers = [7n, 8n, 9n].map((keyHash) => ({ token: 1, units: 5n, keyHash }));
  await user.deposit([{ token: 1, units: 10n, keyHash: bob.keyHash }, ...strangers]);
  await chain.send('evm_increaseTime', [rollup.deployment.l1Deadline + 60]);
  await chain.send('anvil_mine', ['0x1']);

  // As long as the node has not read the queue, it can only wait.
  await expect(submitter.step()).rejects.toMatchObject({
    code: 'batch-refused',
    details: { batch: 2, reason: 'l1-queue-overdue' },
  });
  await readQueue();
  place({ ...payment, nonce: 1 }, alice);
  seal();
  expect(await submitter.step()).toBe(false);
  expect(store.batches.unproven().length).toBeGreaterThan(2);
  prove();
  while (await submitter.step());

  expect(await finalizedOnL1()).toEqual({
    number: store.batches.lastSealed(),
    root: sequencer.tip.sealedRoot,
  });
  expect(store.batches.get(2)).toMatchObject({ l1First: 1, l1End: 3 });
  expect((await contract.state()).l1Finalized).toBe(5);
  expect(store.ops.rejectedCount()).toBe(0);
  expect(sequencer.account(1)).toMatchObject({ nonce: 2 });
});
