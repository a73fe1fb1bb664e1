import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { toQuantity, Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import { registerExit } from '../../cli/exit.ts';
import { registerRestore } from '../../cli/restore.ts';
import { toHex } from '../../protocol/bytes.ts';
import { ledgerKey } from '../../scripts/demo/plain-ledger.ts';
import { untilFinal } from '../../scripts/demo/waiting.ts';
import { L1User } from '../../scripts/l1-user.ts';
import { startSupervised } from '../../scripts/supervised-child.ts';
import { ETH, Pipeline } from '../support/pipeline.ts';
import { type CommandOutcome, runCommand } from '../support/run-command.ts';

// The whole rollup runs; then its operator is gone, with all that its node had. What follows has L1 and the repository alone.

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const UNIT = 10n ** 9n;

let pipeline: Pipeline;
let folder: string;
/** Owners with L1 keys of their own. */
let people: { key: string; address: string }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-exit-'));
  // The keys of every local L1.
  const keys = [
    '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
    '0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a',
  ];
  people = keys.map((key) => ({ key, address: new Wallet(key).address.toLowerCase() }));
  const deposits = new Map(people.map(({ address }, i) => [address, 1_000_000n * BigInt(i + 1)]));
  pipeline = await Pipeline.start({ localWorkers: 1, redis: 'private', deposits });
});

afterAll(async () => {
  await pipeline?.close();
  await rm(folder, { recursive: true });
});

/** What every command is told: L1 and a folder. */
const from = (): string[] => ['--rollup', pipeline.l1.deployment.rollup, '--state', join(folder, 'restored')];

/** Runs a command with the keys in the environment. */
async function run(
  command: 'restore' | 'exit',
  args: readonly string[],
  keys: NodeJS.ProcessEnv = {},
): Promise<CommandOutcome> {
  const register = command === 'restore' ? registerRestore : registerExit;
  for (const [name, value] of Object.entries({ MILLRACE_L1_RPC_URL: pipeline.connection.url, ...keys })) {
    vi.stubEnv(name, value);
  }
  try {
    return await runCommand(register, [command, ...args, ...from()]);
  } finally {
    vi.unstubAllEnvs();
  }
}

/** What an owner's exit needs: who pays for the transactions, and an L2 key, private or public. */
const exitArgs = (owner: string, l2: 'public' | 'private'): string[] => {
  const { publicKey } = pipeline.wallets.of(owner).key;
  return ['--owner', owner, ...(l2 === 'public' ? ['--public-key', publicKey.join()] : [])];
};
const keysOf = (owner: string, l1Key: string): NodeJS.ProcessEnv => ({
  MILLRACE_L1_KEY: l1Key,
  MILLRACE_L2_KEY: toHex(pipeline.wallets.of(owner).key.privateKey),
});

test('the operator vanishes; the state comes back from L1, and everybody leaves with the exact balance', {
  timeout: 300_000,
}, async () => {
  const { api, payments, l1, ledger, connection } = pipeline;
  const { provider, deployment } = l1;
  const [alice, bob] = people.map(({ address }) => address) as [string, string];
  const stranger = l1.chain.privateKeys[9]!;
  const token = ETH.symbol;
  for (const [line, amount] of [1000n, 20_000n].entries()) {
    await payments.transfer({ line, from: alice, to: bob, token, amount });
  }
  await payments.withdraw(bob, token, 77n);
  await untilFinal(api, payments.opIds, () => undefined);
  pipeline.creditFees();

  // Gone, with everything. A deposit still comes in.
  expect(await pipeline.node.stop()).toBe(0);
  await rm(pipeline.storeFolder, { recursive: true });
  const late = new L1User(new Wallet(people[0]!.key, provider), deployment);
  await late.deposit([{ token: 1, units: 5000n, keyHash: pipeline.wallets.of(alice).keyHash }]);

  // Restored; killed at work the first time.
  connection.refuse = (method, params) => {
    const { fromBlock, toBlock } = (params[0] ?? {}) as Record<string, string>;
    return method === 'eth_getLogs' && Number(toBlock) - Number(fromBlock) > 2
      ? 'block range too large'
      : undefined;
  };
  const asks = connection.count('eth_getTransactionByHash');
  const killed = startSupervised(process.execPath, [MAIN, 'restore', '--rpc', connection.url, ...from()]);
  while (connection.count('eth_getTransactionByHash') === asks) await sleep(5);
  await killed.kill();
  connection.refuse = undefined;
  expect(existsSync(join(folder, 'restored'))).toBe(true);
  const file = join(folder, 'state.json');
  const restored = await run('restore', ['--json', file]);
  expect(restored).toMatchObject({ exitCode: 0 });
  expect(restored.stdout).toContain('as on L1');
  const state = JSON.parse(await readFile(file, 'utf8')) as {
    stateRoot: string;
    accounts: { index: number; keyHash: string; balance: string }[];
  };
  const onL1 = new RollupContract(provider, deployment);
  expect(state.stateRoot).toBe(String((await onL1.state()).finalizedRoot));
  const balanceOf = (owner: string) => ledger.balances.get(ledgerKey(owner, token))!;
  for (const owner of [alice, bob, pipeline.operator]) {
    const account = state.accounts.find(
      ({ keyHash }) => keyHash === String(pipeline.wallets.of(owner).keyHash),
    );
    expect(account?.balance).toBe(String(balanceOf(owner)));
  }

  // Not yet: the operator has its deadline. What is final can be claimed all the same.
  const early = await run('exit', exitArgs(bob, 'public'), { MILLRACE_L1_KEY: stranger });
  expect(early).toMatchObject({ exitCode: 3 });
  expect(early.stdout).toContain('payout 0 of batch');
  expect(early.stderr).toContain('[exit-mode-not-due]');
  const notHers = await run('exit', [...exitArgs(bob, 'public'), '--request'], { MILLRACE_L1_KEY: stranger });
  expect(notHers).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[not-the-owner]') });
  const asked = await run('exit', [...exitArgs(bob, 'private'), '--request'], keysOf(bob, people[1]!.key));
  expect(asked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 forced exits queued') });
  await provider.send('evm_increaseTime', [toQuantity(deployment.l1Deadline + 1)]);
  await provider.send('evm_mine', []);

  const elsewhere = await run('exit', [...exitArgs(bob, 'public'), '--artifacts', folder], {
    MILLRACE_L1_KEY: stranger,
  });
  expect(elsewhere).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('[exit-key-not-here]') });
  const wrongKey = await run('exit', [...exitArgs(bob, 'public'), '--account', '1'], {
    MILLRACE_L1_KEY: stranger,
  });
  expect(wrongKey).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('[key-mismatch]') });

  // Whoever pays for the transactions, the owner gets it all, to the unit.
  for (const owner of [bob, alice, pipeline.operator]) {
    const before = await provider.getBalance(owner);
    const left = await run(
      'exit',
      exitArgs(owner, owner === bob ? 'public' : 'private'),
      keysOf(owner, stranger),
    );
    expect(left).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 accounts paid out') });
    const refund = owner === alice ? 5000n : 0n;
    expect((await provider.getBalance(owner)) - before).toBe((balanceOf(owner) + refund) * UNIT);
  }
  expect(await provider.getBalance(deployment.rollup)).toBe(0n);
  const again = await run('exit', exitArgs(bob, 'public'), { MILLRACE_L1_KEY: stranger });
  expect(again).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('0 accounts paid out, 0 payouts claimed'),
  });
  for (const { key } of people) expect(JSON.stringify([restored, early, asked, again])).not.toContain(key);
});
