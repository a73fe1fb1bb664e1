import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HDNodeWallet, type JsonRpcProvider, type TransactionRequest, Wallet } from 'ethers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { l1Provider } from '../aggregator/l1-connection.ts';
import { verifyingKeyOnL1 } from '../aggregator/verifying-key.ts';
import { type DeploymentPlan, rollupModule } from '../ignition/rollup.ts';
import { type LocalL1, startLocalL1 } from './local-l1.ts';
import { runDeployment } from './run-deployment.ts';
import { trapdoorKey } from './trapdoor-key.ts';

const VERIFIERS_AND_ROLLUP = 3;

let folder: string;
let l1: LocalL1;
let provider: JsonRpcProvider;
let plan: Omit<DeploymentPlan, 'operator'>;
/** A new one for each test, with ETH. */
let wallet: Wallet;
let journal: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-journal-'));
  l1 = await startLocalL1();
  provider = l1Provider(l1.url, l1.chainId);
  const [key, exitKey] = await Promise.all([trapdoorKey(7), trapdoorKey(6)]);
  plan = {
    genesisRoot: 5n,
    depth: 8,
    shapes: [{ n2: 2, n1: 2, m: 4, blob: false, key: verifyingKeyOnL1(key.verificationKey) }],
    exitKey: verifyingKeyOnL1(exitKey.verificationKey),
    l1Deadline: 3600,
    proofDeadline: 1800,
    tokens: [],
  };
});

afterAll(async () => {
  provider.destroy();
  await l1.stop();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  wallet = new Wallet(HDNodeWallet.createRandom().privateKey, provider);
  await provider.send('anvil_setBalance', [wallet.address, '0xde0b6b3a7640000']);
  journal = mkdtempSync(path.join(folder, 'run-'));
});

const module = (change: Partial<DeploymentPlan> = {}) =>
  rollupModule({ ...plan, operator: wallet.address, ...change });

test('a deployment that is done is not done again', async () => {
  const first = await runDeployment(module(), wallet, journal);
  const again = await runDeployment(module(), wallet, journal);
  expect(again.addresses).toEqual(first.addresses);
  expect(again.transactions.map(({ receipt }) => receipt.hash)).toEqual(
    first.transactions.map(({ receipt }) => receipt.hash),
  );
  expect(await provider.getTransactionCount(wallet.address)).toBe(VERIFIERS_AND_ROLLUP);
});

test('a transaction that was planned and never signed is planned again', async () => {
  class Failing extends Wallet {
    left = 1;
    override async signTransaction(transaction: TransactionRequest): Promise<string> {
      if (this.left-- === 0) throw new Error('gone');
      return await super.signTransaction(transaction);
    }
  }
  const failing = new Failing(wallet.privateKey, provider);
  await expect(runDeployment(module(), failing, journal)).rejects.toMatchObject({
    code: 'deployment-failed',
  });
  const { addresses } = await runDeployment(module(), wallet, journal);
  expect(addresses.size).toBe(VERIFIERS_AND_ROLLUP);
  expect(await provider.getTransactionCount(wallet.address)).toBe(VERIFIERS_AND_ROLLUP);
});

test('what failed is tried again, without ETH and with it', async () => {
  await provider.send('anvil_setBalance', [wallet.address, '0x1']);
  await expect(runDeployment(module(), wallet, journal)).rejects.toMatchObject({
    kind: 'refused',
    code: 'deployment-failed',
  });
  await provider.send('anvil_setBalance', [wallet.address, '0xde0b6b3a7640000']);
  expect((await runDeployment(module(), wallet, journal)).addresses.size).toBe(VERIFIERS_AND_ROLLUP);
});

test('a refusal of the contract comes with its reason, and can be mended', async () => {
  await expect(runDeployment(module({ depth: 33 }), wallet, journal)).rejects.toMatchObject({
    code: 'l1-depth-out-of-range',
  });
  expect((await runDeployment(module(), wallet, journal)).addresses.size).toBe(VERIFIERS_AND_ROLLUP);
});

test('a journal of something else is refused', async () => {
  await runDeployment(module(), wallet, journal);
  await expect(runDeployment(module({ l1Deadline: 7200 }), wallet, journal)).rejects.toMatchObject({
    kind: 'refused',
    code: 'deployment-changed',
  });
});

test('a journal of a chain that has forgotten is refused', async () => {
  const { addresses } = await runDeployment(module(), wallet, journal);
  await provider.send('anvil_setCode', [addresses.get('Rollup#Millrace'), '0x']);
  await expect(runDeployment(module(), wallet, journal)).rejects.toMatchObject({
    kind: 'refused',
    code: 'deployment-lost',
  });
});

test('half a line of a killed process is passed by', async () => {
  await runDeployment(module(), wallet, journal);
  const file = path.join(journal, 'transactions.txt');
  const whole = readFileSync(file, 'utf8');
  appendFileSync(file, '0x02f8');
  await runDeployment(module(), wallet, journal);
  expect(readFileSync(file, 'utf8')).toBe(whole);
});
