import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonRpcProvider, Wallet } from 'ethers';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallTiming } from '../../aggregator/call-timing.ts';
import { EventFollower } from '../../aggregator/event-follower.ts';
import { CALLDATA_BYTES_CAP } from '../../aggregator/fees.ts';
import { l1Provider } from '../../aggregator/l1-connection.ts';
import { blobHasher } from '../../aggregator/packed-blob.ts';
import { L1QueueWatcher } from '../../aggregator/queue-watcher.ts';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import { TransactionSender } from '../../aggregator/sender.ts';
import { Submitter, type SubmitterOptions } from '../../aggregator/submitter.ts';
import { verifyingKeyHash } from '../../aggregator/verifying-key.ts';
import { StoredBatchSource } from '../../batcher/batch-source.ts';
import { BlobGroups } from '../../batcher/blob-groups.ts';
import { L1Intake } from '../../batcher/l1-intake.ts';
import { Sequencer } from '../../batcher/sequencer.ts';
import { Store } from '../../batcher/store.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { type L2Op, opId, signOp } from '../../protocol/ops.ts';
import type { DataPlace, Shape } from '../../protocol/shape.ts';
import { restoreRollup } from '../../restore/restore-rollup.ts';
import { deployRollup } from '../../scripts/deploy.ts';
import { L1User } from '../../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../../scripts/local-l1.ts';
import { type TrapdoorKey, trapdoorKey } from '../../scripts/trapdoor-key.ts';
import { kzg } from '../support/kzg.ts';
import { holder } from '../support/random-batch.ts';
import { SHAPE } from '../support/test-rollup.ts';

// The node's parts from the sequencer to L1, with keys that need no circuit. Real proofs of blob batches are in blobs.test.ts.

const logger = pino({ level: 'silent' });
const [alice, bob] = [holder(1), holder(2)];
const MANIFEST_ID = 'trapdoor';
const SHAPES: readonly Shape[] = [SHAPE, { ...SHAPE, name: 'tiny-blob', n2: 3, blob: true }];
const cleanup: (() => unknown)[] = [];

let l1: LocalL1;
let chain: JsonRpcProvider;
let deployment: DeployManifest;
let contract: RollupContract;
let key: TrapdoorKey;
let folder: string;
let store: Store;
let sequencer: Sequencer;
let groups: BlobGroups;
let options: SubmitterOptions;
let submitter: Submitter;
let watcher: L1QueueWatcher;
let user: L1User;
let place: DataPlace;
let nonce: number;

describe.skipIf(kzg === undefined)('batches that share blobs', () => {
  beforeEach(async () => {
    place = 'blob';
    nonce = 0;
    l1 = await startLocalL1();
    cleanup.push(() => l1.stop());
    chain = l1Provider(l1.url, l1.chainId);
    cleanup.push(() => chain.destroy());
    folder = mkdtempSync(join(tmpdir(), 'millrace-shared-blobs-'));
    cleanup.push(() => rmSync(folder, { recursive: true, force: true }));
    key = await trapdoorKey(1);
    const exit = await trapdoorKey(2);
    deployment = await deployRollup({
      operator: new Wallet(l1.privateKeys[0]!, chain),
      shapes: SHAPES.map((shape) => deployKey(key, { shape })),
      exit: deployKey(exit, {}),
      tokens: [],
      l1Deadline: 86_400,
      proofDeadline: 43_200,
    });
    contract = new RollupContract(chain, deployment);
    user = new L1User(new Wallet(l1.privateKeys[1]!, chain), deployment);
    await start();
    await user.deposit([{ token: 1, units: 1000n, keyHash: alice.keyHash }]);
    await readQueue();
  });

  afterEach(async () => {
    for (const end of cleanup.splice(0).reverse()) await end();
  });

  function deployKey<T>({ verificationKey }: TrapdoorKey, rest: T) {
    return { ...rest, verificationKey, manifestId: MANIFEST_ID, devKeys: true };
  }

  async function start(): Promise<void> {
    const { depth, block: startBlock, chainId } = deployment;
    store = Store.open(folder, {
      chainId,
      rollup: deployment.rollup,
      domain: BigInt(deployment.domain),
      depth,
      genesisRoot: BigInt(deployment.genesisRoot),
    });
    cleanup.push(() => store.close());
    const shapes = SHAPES.map((shape, shapeId) => ({ shape, shapeId }));
    sequencer = new Sequencer(store, { shapes, dataPlace: () => place, logger });
    groups = new BlobGroups({
      store,
      sequencer,
      mostBatches: 8,
      mostBytes: CALLDATA_BYTES_CAP,
      timing: { forecast: () => ({ submit: false }) },
      versionedHash: await blobHasher(),
      onProofWanted: () => undefined,
      pollMs: 1_000,
      logger,
    });
    cleanup.push(() => groups.close());
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
    const { verificationKey } = key;
    const submittedKey = {
      manifestId: MANIFEST_ID,
      vkHash: verifyingKeyHash(verificationKey),
      verificationKey,
    };
    options = {
      rollup: contract,
      sender: new TransactionSender({
        provider: chain,
        wallet: new Wallet(l1.privateKeys[0]!),
        chainId,
        journal: store.transactions,
        logger,
        signal: ended.signal,
        maxFeePerGas: 100n * 10n ** 9n,
        pollMs: 5,
      }),
      source: new StoredBatchSource(store, sequencer, () => undefined),
      deployment,
      keys: new Map(SHAPES.map(({ name }) => [name, submittedKey])),
      maxBatchesPerCall: 2,
      timing: new CallTiming({ finality: 'fast', waitMs: 0, logger }),
      blobFolder: join(folder, 'blobs'),
      logger,
    };
    submitter = new Submitter(options);
  }

  /** Brings in what L1 has queued. */
  async function readQueue(): Promise<void> {
    while (await watcher.step());
    while (sequencer.atomically(() => sequencer.takeWaitingL1()));
  }

  /** Seals a batch with a payment of alice to herself, or with a withdrawal. */
  function sealNext(type: 'transfer' | 'withdraw' = 'transfer'): void {
    const payment = { from: 1, token: 1, amount: 1n, feeCode: 0, nonce: nonce++ };
    const op: L2Op = type === 'transfer' ? { type, ...payment, to: 1 } : { type, ...payment };
    const domain = BigInt(deployment.domain);
    const signed = signOp(op, alice.key, alice.owner, domain);
    sequencer.atomically(() => {
      sequencer.place(opId(op, domain), signed, 1);
      sequencer.seal();
    });
  }

  /** Proves every sealed batch whose blob is known. */
  function prove(): void {
    for (const number of store.batches.unproven()) {
      const { publicSignals } = store.batches.get(number)!;
      if (publicSignals === undefined) continue;
      const proof = key.prove(publicSignals);
      store.proofs.add(number, {
        manifestId: MANIFEST_ID,
        proof,
        worker: 'w',
        timings: {},
        provenAt: 1,
      });
    }
  }

  const purposes = () =>
    store.transactions.transactionsFrom(new Wallet(l1.privateKeys[0]!).address, 0).map((t) => t.purpose);
  const finalized = async () => (await contract.state()).finalizedNumber;

  test('go to L1 in one call each blob, between batches in calldata, and are restored from the kept blobs', async () => {
    sealNext('withdraw');
    sealNext();
    sealNext();
    place = 'calldata';
    sealNext();
    place = 'blob';
    sealNext();
    prove();
    // The first three wait for a blob, which the fourth may not overtake.
    expect(await submitter.step()).toBe(false);
    groups.flush();
    // After a restart they share the same blob.
    const before = store.blobs.of(2);
    groups.close();
    store.close();
    await start();
    expect(store.blobs.of(2)).toEqual(before);
    prove();
    while (await submitter.step());
    expect(await finalized()).toBe(5);
    expect(purposes().filter((purpose) => purpose.startsWith('batch'))).toEqual([
      'batches 1..3',
      'batch 4',
      'batch 5',
    ]);
    expect(readdirSync(join(folder, 'blobs')).sort()).toEqual(
      [1, 5].map((number) => `${store.blobs.of(number)!.versionedHash}.blob`).sort(),
    );

    const restored = await restoreRollup({
      rpcUrl: l1.url,
      rollup: contract.address,
      folder: join(folder, 'restored'),
      blobs: join(folder, 'blobs'),
      logger,
      signal: new AbortController().signal,
    });
    restored.close();
    expect(restored.finalizedNumber).toBe(5);
    expect(restored.state.root).toBe(sequencer.tip.sealedRoot);
    await user.claim(1, store.batches.payouts(1)!, 0);
  });

  test('wait for the last proof; one that L1 refuses is found without L1 and made anew, none of the others', async () => {
    for (let i = 0; i < 3; i++) sealNext();
    groups.flush();
    const proofOf = (number: number, of = number) => ({
      manifestId: MANIFEST_ID,
      proof: key.prove(store.batches.get(of)!.publicSignals!),
      worker: 'w',
      timings: {},
      provenAt: 1,
    });
    store.proofs.add(1, proofOf(1));
    store.proofs.add(2, proofOf(2, 1));
    expect(await submitter.step()).toBe(false);
    store.proofs.add(3, proofOf(3));
    expect(await submitter.step()).toBe(false);
    expect(store.batches.unproven()).toEqual([2]);
    expect(await finalized()).toBe(0);
    prove();
    while (await submitter.step());
    expect(await finalized()).toBe(3);
  });

  test('are left to a person where L1 refuses them for what no new proof and no L1 op mends', async () => {
    sealNext();
    groups.flush();
    const other = await trapdoorKey(3);
    // L1 opens the blob where other roots say, and has another key than the proofs are for.
    const lying = new StoredBatchSource(store, sequencer, () => undefined);
    const provenBatches = lying.provenBatches.bind(lying);
    lying.provenBatches = (first, limit) =>
      provenBatches(first, limit).map((batch) => ({ ...batch, newRoot: batch.newRoot + 1n }));
    const otherKeys = [...options.keys].map(([name, submitted]) => {
      return [name, { ...submitted, verificationKey: other.verificationKey }] as const;
    });
    store.proofs.add(1, {
      manifestId: MANIFEST_ID,
      proof: other.prove(store.batches.get(1)!.publicSignals!),
      worker: 'w',
      timings: {},
      provenAt: 1,
    });
    for (const [change, reason] of [
      [{ source: lying }, 'l1-blob-opening-invalid'],
      [{ keys: new Map(otherKeys) }, 'l1-invalid-proof'],
    ] as const) {
      await expect(new Submitter({ ...options, ...change }).step()).rejects.toMatchObject({
        kind: 'refused',
        code: 'batch-refused',
        details: { batch: 1, reason },
      });
    }
    expect(store.batches.get(1)).toMatchObject({ status: 'proven' });
    expect(readdirSync(folder)).not.toContain('blobs');
  });

  test('are built again, all of them, with an L1 op that is overdue', async () => {
    sealNext();
    sealNext();
    groups.flush();
    prove();
    const { publicSignals } = store.batches.get(1)!;
    await user.deposit([{ token: 1, units: 10n, keyHash: bob.keyHash }]);
    await chain.send('evm_increaseTime', [deployment.l1Deadline + 60]);
    await chain.send('anvil_mine', ['0x1']);
    await expect(submitter.step()).rejects.toMatchObject({
      code: 'batch-refused',
      details: { batch: 1, reason: 'l1-queue-overdue' },
    });
    await readQueue();
    expect(await submitter.step()).toBe(false);
    groups.flush();
    // The same coefficients, so the same blob, but L1 sees other calldata.
    expect(store.batches.get(1)).toMatchObject({ l1End: 2 });
    expect(store.batches.get(1)!.publicSignals).not.toEqual(publicSignals);
    prove();
    while (await submitter.step());
    expect(await finalized()).toBe(store.batches.lastSealed());
    expect((await contract.state()).l1Finalized).toBe(2);
  });

  test('share one anew where their proofs are for another blob', async () => {
    sealNext();
    store.transaction(() => {
      store.blobs.add({ first: 1, last: 1, versionedHash: `0x01${'0'.repeat(62)}` });
      store.batches.setPublicSignals(1, [1n, 2n, 3n]);
    });
    prove();
    expect(await submitter.step()).toBe(false);
    expect(store.batches.get(1)).toMatchObject({ status: 'sealed', publicSignals: undefined });
    groups.flush();
    prove();
    while (await submitter.step());
    expect(await finalized()).toBe(1);
  });

  test('share one anew where a reorg undid them, and L1 has the first of them in another all the same', async () => {
    for (let i = 0; i < 2; i++) {
      sealNext();
      groups.flush();
    }
    prove();
    expect(await submitter.step()).toBe(true);
    expect(await finalized()).toBe(1);

    // The deposit and the batch that takes it are in other blocks now; the store sees the deposit only.
    const { number: blockNumber, hash } = (await chain.getBlock(deployment.block))!;
    new L1Intake(store, sequencer).rewindL1Ops(0, { blockNumber, blockHash: hash! });
    await readQueue();
    groups.flush();
    expect(store.blobs.of(1)).toMatchObject({ first: 1, last: 2 });
    prove();
    expect(await submitter.step()).toBe(false);
    expect(store.blobs.waiting().map(({ number }) => number)).toEqual([2]);
    groups.flush();
    prove();
    while (await submitter.step());
    expect(await finalized()).toBe(2);
  });
});
