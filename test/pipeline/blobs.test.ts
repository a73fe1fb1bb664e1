import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Wallet } from 'ethers';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archiveBlob, blobFileName } from '../../aggregator/blob-archive.ts';
import { type BlobCall, packBlob } from '../../aggregator/packed-blob.ts';
import { type AggregatedProofs, aggregateProofs } from '../../aggregator/proof-aggregation.ts';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import { type L1Call, TransactionSender } from '../../aggregator/sender.ts';
import { genesisHeader, NO_PARENT } from '../../protocol/batch-header.ts';
import { type BlobBatch, blobBatch, blobWitness } from '../../protocol/blob/binding.ts';
import { addressToInteger } from '../../protocol/domain.ts';
import { type L2Op, signOp } from '../../protocol/ops.ts';
import { BLOB_SHAPES, layout } from '../../protocol/shape.ts';
import { State } from '../../protocol/state.ts';
import { BatchDraft, type SealedBatch } from '../../protocol/transition.ts';
import { toVector } from '../../protocol/vector.ts';
import { ensureArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import { restoreRollup } from '../../restore/restore-rollup.ts';
import { type LocalL1, startLocalL1 } from '../../scripts/local-l1.ts';
import { kzg } from '../support/kzg.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { proveBatch } from '../support/prove-batch.ts';
import { holder } from '../support/random-batch.ts';
import { RollupOnL1 } from '../support/rollup-on-l1.ts';

const SHAPE = BLOB_SHAPES.tiny;
const SILENT = pino({ level: 'silent' });
const [operator, alice, bob] = [holder(0), holder(1), holder(2)];
const DEPOSITS = [
  { token: 1, units: 1n, keyHash: operator.keyHash },
  { token: 1, units: 1_000_000n, keyHash: alice.keyHash },
];

describe.skipIf(kzg === undefined)('two batches in one blob, with real proofs', () => {
  const state = new State(SHAPE.depth);
  const journal = new MemoryJournal();
  const ended = new AbortController();
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-blobs-'));
  const archive = path.join(folder, 'blobs');
  let l1: LocalL1;
  let rollup: RollupOnL1;
  let contract: RollupContract;
  let sender: TransactionSender;
  let blobCall: BlobCall;
  let inputs: unknown[];
  let aggregated: AggregatedProofs;
  let l1Call: L1Call;
  let restored = 0;

  beforeAll(async () => {
    const artifacts = await ensureArtifacts(SHAPE.name);
    l1 = await startLocalL1();
    rollup = await RollupOnL1.deploy(l1, artifacts);
    contract = new RollupContract(rollup.provider, rollup.deployment);
    sender = newSender(journal);
    await rollup.user.deposit(DEPOSITS);
    const sealed = sealTwo();
    const batches = sealed.map(({ d, l1Results }) => blobBatch(d, SHAPE, 0, l1Results.length));
    blobCall = await packBlob(batches);
    const statements = [];
    for (const [i, batch] of sealed.entries()) {
      const { a, zy, yLo } = blobCall.openings[i]!;
      const witness = blobWitness(batch.witness, blobCall.openings[i]!);
      const proof = await proveBatch(artifacts, { ...batch, witness });
      const publicInputs = [a, zy, yLo] as const;
      statements.push({ shape: 0, verificationKey: artifacts.vkey, publicInputs, proof });
    }
    aggregated = await aggregateProofs(statements);
    const { proofs, sums } = aggregated;
    inputs = inputsOf(sealed, batches);
    l1Call = {
      to: contract.address,
      data: contract.interface.encodeFunctionData('commitAndProveBlobBatches', [
        blobCall.opening,
        inputs,
        proofs,
        sums,
      ]),
      purpose: 'batches 1..2',
      blob: blobCall.blob,
    };
  }, 600_000);

  afterAll(async () => {
    ended.abort();
    rollup.close();
    await l1.stop();
    rmSync(folder, { recursive: true });
  });

  function newSender(saved: MemoryJournal): TransactionSender {
    return new TransactionSender({
      provider: rollup.provider,
      wallet: new Wallet(l1.privateKeys[0]!),
      chainId: l1.chainId,
      journal: saved,
      logger: SILENT,
      signal: ended.signal,
      maxFeePerGas: 100n * 10n ** 9n,
      pollMs: 20,
    });
  }

  /** Deposits and a payment; then a payment and a withdrawal. */
  function sealTwo(): SealedBatch[] {
    const domain = BigInt(rollup.deployment.domain);
    const depositor = addressToInteger(rollup.user.address);
    const payment = { from: 2, token: 1, amount: 1000n, feeCode: 25 };
    const ops: L2Op[][] = [
      [{ type: 'transferToNew', ...payment, nonce: 0, toKeyHash: bob.keyHash }],
      [
        { type: 'transfer', ...payment, nonce: 1, to: 3 },
        { type: 'withdraw', ...payment, nonce: 2 },
      ],
    ];
    return ops.map((l2, i) => {
      const context = { domain, number: i + 1, feeAccounts: new Map([[1, 1]]) };
      const draft = new BatchDraft(state, SHAPE, context);
      if (i === 0) {
        for (const { token, units: amount, keyHash } of DEPOSITS)
          draft.addL1({ type: 'deposit', depositor, token, amount, keyHash });
      }
      for (const op of l2) draft.addL2(signOp(op, alice.key, alice.owner, domain));
      return draft.seal(SHAPE, 0);
    });
  }

  function inputsOf(sealed: readonly SealedBatch[], batches: readonly BlobBatch[]): unknown[] {
    return sealed.map(({ newRoot, c }, i) => {
      return { shape: 0, newRoot, c, y: blobCall.openings[i]!.y, data: batches[i]!.data };
    });
  }

  const restore = async (blobs?: string, name = `restored-${restored++}`) => {
    const found = await restoreRollup({
      rpcUrl: l1.url,
      rollup: contract.address,
      folder: path.join(folder, name),
      blobs,
      logger: SILENT,
      signal: ended.signal,
    });
    found.close();
    return found;
  };

  test('L1 takes no other blob', async () => {
    const other = await packBlob([
      { c: 0n, shapeId: 0, visible: [0n, 0n, 0n, 0n], hidden: [1n], data: new Uint8Array() },
    ]);
    await expect(sender.send({ ...l1Call, blob: other.blob })).rejects.toThrow();
    await expect(sender.send({ ...l1Call, blob: undefined })).rejects.toThrow();
    expect(journal.saved).toEqual([]);
  });

  test('in two steps, whoever asked for the blob too early gets it later', async () => {
    const snapshot: unknown = await rollup.provider.send('evm_snapshot', []);
    const genesis = genesisHeader(BigInt(rollup.deployment.genesisRoot));
    const { interface: abi, address } = contract;
    const early = newSender(new MemoryJournal());
    const commit = [NO_PARENT, genesis, blobCall.opening, inputs];
    const data = abi.encodeFunctionData('commitBlobBatches', commit);
    const { location } = await early.send({ ...l1Call, data });
    expect(await restore(undefined, 'early')).toMatchObject({ finalizedNumber: 0, committedNumber: 2 });

    const { logs } = (await rollup.provider.getTransactionReceipt(location.transactionHash))!;
    const headers = logs.map((log) => abi.parseLog(log)!.args.header as unknown);
    const { proofs, sums } = aggregated;
    const prove = abi.encodeFunctionData('proveBatches', [headers, proofs, sums]);
    await early.send({ to: address, data: prove, purpose: 'proofs' });
    await expect(restore(undefined, 'early')).rejects.toMatchObject({ code: 'blob-missing' });
    archiveBlob(archive, blobCall.blob.versionedHash, blobCall.blob.data);
    expect(await restore(archive, 'early')).toMatchObject({ finalizedNumber: 2, committedNumber: 2 });
    await rollup.provider.send('evm_revert', [snapshot]);
  });

  test('they become final by one transaction of type 3, and are restored from the archive', async () => {
    archiveBlob(archive, blobCall.blob.versionedHash, blobCall.blob.data);
    const mined = await sender.send(l1Call);
    expect(mined.succeeded).toBe(true);
    const sent = await rollup.provider.getTransaction(mined.location.transactionHash);
    expect([sent!.type, sent!.blobVersionedHashes]).toEqual([3, [blobCall.blob.versionedHash]]);
    expect(await contract.state()).toMatchObject({ finalizedNumber: 2, finalizedRoot: state.root });
    const found = await restore(archive);
    expect(found.state.snapshot()).toEqual(state.snapshot());
    expect(found.finalizedNumber).toBe(2);
  });

  test('a batch of which the blob holds no vector that can be proven does not keep the others from being restored', async () => {
    const number = 3;
    const domain = BigInt(rollup.deployment.domain);
    const d = toVector(
      { domain, number, oldRoot: state.root, newRoot: 0n, feeIndexes: [], l1: [], l2: [] },
      SHAPE,
    );
    const types = layout(SHAPE).types;
    d[types]! |= 1n << 100n; // after the last op
    const batch = blobBatch(d, SHAPE, 0, 0);
    const { blob, opening, openings } = await packBlob([batch]);
    archiveBlob(archive, blob.versionedHash, blob.data);
    const data = contract.interface.encodeFunctionData('commitBlobBatches', [
      await grandparentHash(),
      await rollup.committedHeader(),
      opening,
      [{ shape: 0, newRoot: 0n, c: batch.c, y: openings[0]!.y, data: batch.data }],
    ]);
    await sender.send({ to: contract.address, data, purpose: 'a bad batch', blob });
    const found = await restore(archive);
    expect([found.finalizedNumber, found.committedNumber]).toEqual([2, 3]);
    expect(found.state.snapshot()).toEqual(state.snapshot());
  });

  async function grandparentHash(): Promise<string> {
    const topics = [contract.interface.getEvent('BatchCommitted')!.topicHash];
    const logs = await rollup.provider.getLogs({ address: contract.address, topics, fromBlock: 0 });
    return String(contract.interface.parseLog(logs.at(-1)!)!.args.parentHash);
  }

  test('without the blob, or with another one, nothing is restored', async () => {
    await expect(restore()).rejects.toMatchObject({ code: 'blob-missing', kind: 'refused' });
    await expect(restore(folder)).rejects.toMatchObject({ code: 'blob-missing' });
    const file = path.join(archive, blobFileName(blobCall.blob.versionedHash));
    const bytes = readFileSync(file);
    bytes[31]! ^= 1;
    writeFileSync(file, bytes);
    await expect(restore(archive)).rejects.toMatchObject({ code: 'blob-missing' });
    writeFileSync(file, bytes.subarray(1));
    await expect(restore(archive)).rejects.toMatchObject({ code: 'blob-missing' });
  });
});
