import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Groth16Proof } from '../prover/proof.ts';
import { BatcherFixture, cursorAt, deposit, IDENTITY } from '../test/support/batcher-fixture.ts';
import { holder } from '../test/support/random-batch.ts';
import { StoredBatchSource } from './batch-source.ts';
import { SCHEMA_VERSION } from './store/database.ts';
import { STORE_FILE, Store } from './store.ts';

const alice = holder(1);
const PROOF: Groth16Proof = {
  pi_a: ['1', '2', '1'],
  pi_b: [
    ['1', '2'],
    ['3', '4'],
    ['1', '0'],
  ],
  pi_c: ['1', '2', '1'],
  protocol: 'groth16',
  curve: 'bn128',
};

let f: BatcherFixture;

beforeEach(() => {
  f = new BatcherFixture();
});

afterEach(() => f.remove());

/** Keeps a proof of a batch. */
function prove(batch: number): void {
  f.store.proofs.add(batch, {
    manifestId: 'm',
    proof: PROOF,
    worker: 'w',
    timings: { proveMs: 1 },
    provenAt: 1,
  });
}

function location(batch: number) {
  return { ...cursorAt(100 + batch), transactionHash: `0x${'ab'.repeat(32)}` };
}

describe('Store', () => {
  it('is refused to a second process, to another rollup and to another version', () => {
    const folder = f.folder;
    expect(() => Store.open(folder, IDENTITY)).toThrow(expect.objectContaining({ code: 'store-in-use' }));
    f.store.close();
    expect(() => Store.open(folder, { ...IDENTITY, chainId: 1 })).toThrow(
      expect.objectContaining({ kind: 'refused', code: 'other-rollup' }),
    );
    const db = new DatabaseSync(join(folder, STORE_FILE));
    db.exec('PRAGMA user_version=999');
    db.close();
    expect(() => Store.open(folder, IDENTITY)).toThrow(expect.objectContaining({ code: 'store-version' }));
    const repaired = new DatabaseSync(join(folder, STORE_FILE));
    repaired.exec(`PRAGMA user_version=${SCHEMA_VERSION}`);
    repaired.close();
    f.store = Store.open(folder, IDENTITY);
  });

  it('says so when the file is no store, and is for its owner alone', () => {
    expect(statSync(join(f.folder, STORE_FILE)).mode & 0o077).toBe(0);
    const folder = join(f.folder, 'other');
    Store.open(folder, IDENTITY).close();
    writeFileSync(join(folder, STORE_FILE), 'not a database at all, but long enough to be read as one');
    expect(() => Store.open(folder, IDENTITY)).toThrow(expect.objectContaining({ code: 'store-unusable' }));
  });

  it('notices accounts that are not those of its batches', () => {
    f.queue(deposit(alice, 1, 5n));
    f.seal();
    f.store.close();
    const db = new DatabaseSync(join(f.folder, STORE_FILE));
    db.exec("UPDATE accounts SET balance = '6'");
    db.close();
    expect(() => f.reopen()).toThrow(expect.objectContaining({ code: 'store-damaged' }));
  });
});

describe('the aggregator side of the store', () => {
  let source: StoredBatchSource;
  const wanted: number[] = [];

  beforeEach(() => {
    for (let i = 0; i < 3; i++) {
      f.queue(deposit(alice, 1, 5n));
      f.seal();
    }
    wanted.length = 0;
    source = new StoredBatchSource(f.store, f.sequencer, (number) => wanted.push(number));
  });

  it('hands out proven batches in order, up to the first without a proof', () => {
    prove(1);
    prove(3);
    expect(source.provenBatches(1, 9).map(({ number }) => number)).toEqual([1]);
    prove(2);
    const batches = source.provenBatches(1, 9);
    expect(batches.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(source.provenBatches(2, 1).map(({ number }) => number)).toEqual([2]);
    expect(batches[1]?.oldRoot).toBe(batches[0]?.newRoot);
    expect(batches[0]?.oldRoot).toBe(IDENTITY.genesisRoot);
    expect([0, 3, 4].map((number) => source.rootAfter(number))).toEqual([
      IDENTITY.genesisRoot,
      batches[2]?.newRoot,
      undefined,
    ]);
  });

  it('moves batches from proven to submitted to finalized and back', () => {
    prove(1);
    prove(2);
    const status = () => [1, 2, 3].map((number) => f.store.batches.get(number)?.status);
    source.markSubmitted(1, 2);
    source.markSubmitted(1, 2);
    expect(status()).toEqual(['submitted', 'submitted', 'sealed']);
    source.markNotSubmitted(2, 2);
    expect(status()).toEqual(['submitted', 'proven', 'sealed']);
    // Batch 3 was finalized by a proof that this store never saw.
    source.markFinalized(
      [1, 2, 3].map((number) => ({ number, location: location(number) })),
      cursorAt(200),
    );
    expect(status()).toEqual(['finalized', 'finalized', 'finalized']);
    expect(source.finalizedNumber()).toBe(3);
    expect(source.finalizedAt(2)).toEqual(location(2));
    expect(source.finalityCursor()).toEqual(cursorAt(200));
    source.revertFinalized(1, cursorAt(150));
    expect(status()).toEqual(['finalized', 'proven', 'sealed']);
    expect(wanted).toEqual([3]);
    expect(source.finalizedNumber()).toBe(1);
    expect(source.finalizedAt(2)).toBeUndefined();
    expect(() => source.markFinalized([{ number: 3, location: location(3) }], cursorAt(201))).toThrow(
      expect.objectContaining({ code: 'finality-gap' }),
    );
    expect(source.finalityCursor()).toEqual(cursorAt(150));
  });

  it('wants a new proof when L1 refuses one', () => {
    prove(1);
    source.markSubmitted(1, 1);
    source.refuseProof(1);
    expect(wanted).toEqual([1]);
    expect(f.store.batches.unproven()).toEqual([1, 2, 3]);
    expect(source.provenBatches(1, 9)).toEqual([]);
  });

  it('wants no proof of a batch that was undone while L1 was asked', () => {
    prove(1);
    f.intake.rewindL1Ops(0, cursorAt(0));
    source.refuseProof(1);
    expect(wanted).toEqual([]);
    expect(f.store.batches.planned()[0]).toMatchObject({ number: 1 });
  });

  it('undoes what was submitted or finalized when its L1 ops are gone', () => {
    prove(1);
    prove(2);
    source.markFinalized([{ number: 1, location: location(1) }], cursorAt(200));
    source.markSubmitted(2, 2);
    f.intake.rewindL1Ops(0, cursorAt(0));
    expect(source.finalizedNumber()).toBe(0);
    expect(f.store.batches.lastSealed()).toBe(0);
    f.queue(deposit(alice, 1, 5n));
    expect(f.store.batches.get(1)).toMatchObject({ status: 'sealed', submittedAt: undefined });
  });

  it('keeps signed transactions by nonce, then in the order of saving', () => {
    const transaction = (nonce: number, hash: string, from = '0xA') => ({
      from,
      nonce,
      hash,
      raw: '0x02',
      purpose: 'batch 1',
      maxFeePerGas: 1n << 100n,
      maxPriorityFeePerGas: 2n,
      gasLimit: 3n,
    });
    const journal = f.store.transactions;
    for (const [nonce, hash] of [
      [2, '0xc'],
      [1, '0xb'],
      [1, '0xa'],
      [1, '0xb'],
    ] as const) {
      journal.saveTransaction(transaction(nonce, hash));
    }
    journal.saveTransaction(transaction(1, '0xd', '0xB'));
    f.reopen();
    expect(f.store.transactions.transactionsFrom('0xA', 1).map(({ hash }) => hash)).toEqual([
      '0xb',
      '0xa',
      '0xc',
    ]);
    expect(f.store.transactions.transactionsFrom('0xA', 2)).toEqual([transaction(2, '0xc')]);
  });
});

describe('kill -9', () => {
  it('loses nothing that was acknowledged, at any moment', async () => {
    f.queue(deposit(alice, 1, 1_000_000n));
    let acknowledged = 0;
    for (const delayMs of [30, 150, 400]) {
      f.store.close();
      acknowledged = await admitUntilKilled(acknowledged, delayMs);
      f.reopen();
      const { nonce, balance } = f.sequencer.account(1)!;
      expect(nonce).toBeGreaterThanOrEqual(acknowledged);
      expect(balance).toBe(1_000_000n);
      acknowledged = nonce;
    }
    expect(acknowledged).toBeGreaterThan(0);
  });

  /** Lets a child admit one op after the other and kills it; gives the number of ops that it acknowledged. */
  async function admitUntilKilled(nonce: number, delayMs: number): Promise<number> {
    const program = new URL('../test/support/admit-forever.ts', import.meta.url);
    const child: ChildProcess = fork(program, [f.folder, String(nonce)], { execArgv: [], stdio: 'ignore' });
    let acknowledged = nonce;
    const exited = once(child, 'exit');
    await once(child, 'message');
    child.on('message', (next) => {
      acknowledged = Number(next);
    });
    setTimeout(() => child.kill('SIGKILL'), delayMs);
    await exited;
    return acknowledged;
  }
});
