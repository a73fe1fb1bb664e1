import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonRpcProvider, Wallet } from 'ethers';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { l1Provider } from '../aggregator/l1-connection.ts';
import { genesisHeader, headerHash, NO_PARENT } from '../protocol/batch-header.ts';
import { keyHash } from '../protocol/keys.ts';
import type { L1Op } from '../protocol/l1-ops.ts';
import { signOp } from '../protocol/ops.ts';
import { artifactFolder } from '../prover/artifacts/artifact-folder.ts';
import { ensureExitArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { type ProofBackend, selectBackend } from '../prover/backend.ts';
import { L1User } from '../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { holder } from '../test/support/random-batch.ts';
import { RollupCalls } from '../test/support/rollup-calls.ts';
import { TestRollup } from '../test/support/test-rollup.ts';
import { type LeaveOptions, type Left, leave } from './leave.ts';
import { type RestoredRollup, restoreRollup } from './restore-rollup.ts';

const { key } = holder(1);
const UNIT = 10n ** 9n;

let l1: LocalL1;
let chain: JsonRpcProvider;
let rollup: TestRollup;
let calls: RollupCalls;
let backend: ProofBackend;
let folder: string;
/** Holds L2 accounts with `key`. */
let owner: Wallet;

beforeAll(async () => {
  l1 = await startLocalL1();
  chain = l1Provider(l1.url, l1.chainId);
  backend = await selectBackend('auto');
  owner = new Wallet(l1.privateKeys[3]!, chain);
});

afterAll(async () => {
  await backend.close();
  chain.destroy();
  await l1.stop();
});

beforeEach(async () => {
  const { vkey: verificationKey, manifestId } = await ensureExitArtifacts(8);
  rollup = await TestRollup.deploy(l1, chain, { verificationKey, manifestId, devKeys: true });
  calls = new RollupCalls(l1, chain, rollup);
  folder = mkdtempSync(join(tmpdir(), 'millrace-leave-'));
  return () => rmSync(folder, { recursive: true });
});

async function restored<T>(work: (rollup: RestoredRollup) => Promise<T>): Promise<T> {
  const found = await restoreRollup({
    rpcUrl: l1.url,
    rollup: rollup.deployment.rollup,
    folder,
    logger: pino({ level: 'silent' }),
    signal: new AbortController().signal,
  });
  try {
    return await work(found);
  } finally {
    found.close();
  }
}

const leaving = (change: Partial<LeaveOptions> = {}): Promise<Left> =>
  restored((found) => leave({ ...options(found), ...change }));

/** By a stranger, for the owner, with the public key alone. */
const options = (found: RestoredRollup): LeaveOptions => ({
  rollup: found,
  wallet: new Wallet(l1.privateKeys[5]!, chain),
  owner: owner.address,
  publicKey: key.publicKey,
  artifacts: artifactFolder(),
  backend,
  request: false,
  say: () => undefined,
});

async function deposit(units: bigint): Promise<L1Op> {
  const depositor = BigInt(owner.address);
  const op = { token: 1, keyHash: keyHash(key.publicKey, depositor) };
  await new L1User(owner, rollup.deployment).deposit([{ ...op, units }]);
  return { type: 'deposit', depositor, amount: units, ...op };
}

async function wait(seconds: number): Promise<void> {
  await chain.send('evm_increaseTime', [seconds]);
  await chain.send('evm_mine', []);
}

const withdraw = (amount: bigint, nonce: number) =>
  signOp(
    { type: 'withdraw', from: 1, token: 1, amount, feeCode: 0, nonce },
    key,
    BigInt(owner.address),
    rollup.domain,
  );

const genesis = () => genesisHeader(BigInt(rollup.deployment.genesisRoot));

test('batches that are never proven are taken back, which opens exit mode; account and deposits are paid, once', async () => {
  await calls.finalize(rollup.nextBatch([await deposit(1000n)], [withdraw(30n, 0)]).proven);
  const final = await restored(async ({ store }) => store.newestFinal()!);
  await calls.commit(
    rollup.nextBatch([await deposit(50n)]).proven,
    final.header,
    headerHash(genesis(), NO_PARENT),
  );
  await expect(leaving({ account: 1 })).rejects.toMatchObject({ code: 'exit-mode-not-due', kind: 'refused' });
  const { l1Deadline } = rollup.deployment;
  await wait(l1Deadline + 1);
  const before = await chain.getBalance(owner.address);
  const told: string[] = [];
  const left = await leaving({ say: (line) => told.push(line) });
  expect(left).toEqual({ claimed: 0, exited: [1], refunded: 1, requested: [], refused: [] });
  expect(told[0]).toContain('took back the batches from 2 on');
  expect((await chain.getBalance(owner.address)) - before).toBe((970n + 50n) * UNIT);
  expect(await calls.state()).toMatchObject({ exitMode: true, committedNumber: 1, finalizedNumber: 1 });
  expect(await leaving()).toEqual({ claimed: 0, exited: [], refunded: 0, requested: [], refused: [] });
  await expect(leaving({ publicKey: holder(2).key.publicKey, owner: calls.operator })).rejects.toMatchObject({
    code: 'no-account',
  });
});

test('a batch that became final meanwhile is taken in before the proof is made; empty accounts are passed by', async () => {
  await calls.finalize(rollup.nextBatch([await deposit(1000n)]).proven);
  const left = await restored(async (found) => {
    const request = { ...options(found), wallet: owner, request: true };
    expect(await leave(request)).toMatchObject({ exited: [], requested: [1] });
    await expect(leave({ ...request, wallet: options(found).wallet })).rejects.toMatchObject({
      code: 'not-the-owner',
    });
    await calls.finalize(rollup.nextBatch([], [withdraw(400n, 0)]).proven);
    await wait(rollup.deployment.l1Deadline + 1);
    return await leave(options(found));
  });
  expect(left).toMatchObject({ claimed: 1, exited: [1], refunded: 0 });
  expect(await leaving()).toMatchObject({ claimed: 0, exited: [] });
  expect(await chain.getBalance(rollup.deployment.rollup)).toBe(0n);
});

test('nobody leaves with another key, account or exit circuit', async () => {
  await calls.finalize(rollup.nextBatch([await deposit(5n)]).proven);
  const other = holder(2).key.publicKey;
  await expect(leaving({ account: 1, publicKey: other })).rejects.toMatchObject({ code: 'key-mismatch' });
  await expect(leaving({ account: 9 })).rejects.toMatchObject({ code: 'unknown-account' });
  await expect(leaving({ publicKey: other })).rejects.toMatchObject({ code: 'no-account', kind: 'refused' });
  await expect(leaving({ artifacts: folder })).rejects.toMatchObject({ code: 'exit-key-not-here' });
});

test('an owner that takes no payment holds up nothing; a sender without ETH is told', async () => {
  await calls.finalize(rollup.nextBatch([await deposit(500n)], [withdraw(40n, 0)]).proven);
  await deposit(60n);
  await wait(rollup.deployment.l1Deadline + 1);
  const poor = { wallet: new Wallet(`0x${'7'.repeat(64)}`, chain) };
  await expect(leaving(poor)).rejects.toMatchObject({ code: 'transaction-failed', kind: 'refused' });
  // Code that takes no ETH.
  await chain.send('hardhat_setCode', [owner.address, '0x5f5ffd']);
  const held = await leaving();
  expect(held).toMatchObject({ claimed: 0, exited: [], refunded: 0 });
  expect(held.refused.map((line) => line.replace(/:.*\[/, ' ['))).toEqual([
    'payout 0 of batch 1 [l1-eth-transfer-failed]',
    'account 1 [l1-eth-transfer-failed]',
    'deposit 1 [l1-eth-transfer-failed]',
  ]);
  await chain.send('hardhat_setCode', [owner.address, '0x']);
  expect(await leaving()).toMatchObject({ claimed: 1, exited: [1], refunded: 1, refused: [] });
  expect(await chain.getBalance(rollup.deployment.rollup)).toBe(0n);
});
