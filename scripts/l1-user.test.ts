import { Contract, type JsonRpcProvider, Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { l1Provider } from '../aggregator/l1-connection.ts';
import { SHAPES } from '../protocol/shape.ts';
import { deployRollup } from './deploy.ts';
import { deployContract } from './deploy-contract.ts';
import { L1User } from './l1-user.ts';
import { type LocalL1, startLocalL1 } from './local-l1.ts';
import { trapdoorKey } from './trapdoor-key.ts';

const TOKEN = { name: 'TestToken', file: 'test/TestToken.sol' };
const GWEI = 10n ** 9n;

let l1: LocalL1;
let provider: JsonRpcProvider;
let user: L1User;
let rollup: string;
let token: Contract;

beforeAll(async () => {
  l1 = await startLocalL1();
  provider = l1Provider(l1.url, l1.chainId);
  const [operator, owner] = l1.privateKeys.slice(0, 2).map((key) => new Wallet(key, provider)) as [
    Wallet,
    Wallet,
  ];
  const { address } = await deployContract(owner, TOKEN, ['Test', 'TST', 6]);
  token = new Contract(address, contractArtifact(TOKEN.name, TOKEN.file).interface, owner);
  await (await token.getFunction('mint').send(owner.address, 5_000_000n)).wait();
  const { verificationKey } = await trapdoorKey(5);
  const deployment = await deployRollup({
    operator,
    shapes: [{ shape: SHAPES.tiny, verificationKey, manifestId: 'm', devKeys: true }],
    tokens: [{ symbol: 'TST', address, decimals: 6, unitExponent: 2 }],
    exit: { verificationKey, manifestId: 'e', devKeys: true },
    l1Deadline: 3600,
    proofDeadline: 3600,
  });
  expect(deployment.tokens.map(({ id, symbol }) => [id, symbol])).toEqual([
    [1, 'ETH'],
    [2, 'TST'],
  ]);
  rollup = deployment.rollup;
  user = new L1User(owner, deployment);
});

afterAll(async () => {
  provider.destroy();
  await l1.stop();
});

test('deposits of ETH and a token get their places in order, and the rollup holds them', async () => {
  const deposits = Array.from({ length: 40 }, (_, i) => ({
    token: 1 + (i % 2),
    units: BigInt(i + 1),
    keyHash: 7n,
  }));
  const progress: number[] = [];
  const ids = await user.deposit(deposits, (done) => progress.push(done));
  expect(ids).toEqual(deposits.map((_, i) => i));
  expect(progress.at(-1)).toBe(40);
  expect(await provider.getBalance(rollup)).toBe(400n * GWEI);
  expect(await token.getFunction('balanceOf').staticCall(rollup)).toBe(42_000n);
});

test('a deposit that the contract refuses says why', async () => {
  await expect(user.deposit([{ token: 1, units: 1n, keyHash: 0n }])).rejects.toMatchObject({
    code: 'l1-key-hash-out-of-range',
    kind: 'refused',
  });
  await expect(user.deposit([{ token: 1, units: 0n, keyHash: 1n }])).rejects.toMatchObject({
    code: 'l1-amount-zero',
  });
  await expect(user.deposit([{ token: 3, units: 1n, keyHash: 1n }])).rejects.toMatchObject({
    code: 'unknown-token',
  });
  await expect(user.requestForcedExit(256, [1n, 2n])).rejects.toMatchObject({
    code: 'l1-index-out-of-range',
  });
  await expect(user.claim(1, [{ owner: 1n, token: 1, amount: 1n }], 0)).rejects.toMatchObject({
    code: 'l1-no-payouts',
  });
});
