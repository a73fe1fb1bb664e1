import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { expect, test, vi } from 'vitest';
import { l1Provider } from '../aggregator/l1-connection.ts';
import { keyHash } from '../protocol/keys.ts';
import { signOp } from '../protocol/ops.ts';
import { L1User } from '../scripts/l1-user.ts';
import { startLocalL1 } from '../scripts/local-l1.ts';
import { holder } from '../test/support/random-batch.ts';
import { RollupCalls } from '../test/support/rollup-calls.ts';
import { runCommand } from '../test/support/run-command.ts';
import { TestRollup } from '../test/support/test-rollup.ts';
import { registerExit } from './exit.ts';

test('millrace exit ends with 3 where L1 refuses a payment, and names it', async () => {
  const l1 = await startLocalL1();
  const chain = l1Provider(l1.url, l1.chainId);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-exit-refused-'));
  try {
    const rollup = await TestRollup.deploy(l1, chain);
    const calls = new RollupCalls(l1, chain, rollup);
    const { key } = holder(1);
    const wallet = new Wallet(l1.privateKeys[3]!, chain);
    const owner = BigInt(wallet.address);
    const credit = { token: 1, keyHash: keyHash(key.publicKey, owner) };
    const user = new L1User(wallet, rollup.deployment);
    await user.deposit([{ ...credit, units: 40n }]);
    const paidIn = { type: 'deposit', depositor: owner, amount: 40n, ...credit } as const;
    const withdrawal = { type: 'withdraw', from: 1, token: 1, amount: 40n, feeCode: 0, nonce: 0 } as const;
    await calls.finalize(rollup.nextBatch([paidIn], [signOp(withdrawal, key, owner, rollup.domain)]).proven);
    // Code that takes no ETH.
    await chain.send('hardhat_setCode', [wallet.address, '0x5f5ffd']);
    vi.stubEnv('MILLRACE_L1_KEY', l1.privateKeys[5]!);
    const options = { rollup: rollup.deployment.rollup, rpc: l1.url, state: folder, owner: wallet.address };
    const outcome = await runCommand(registerExit, [
      'exit',
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
      `--public-key=${holder(2).key.publicKey.join()}`,
    ]);
    expect(outcome).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('0 payouts claimed'),
      stderr: expect.stringContaining('[not-all-paid]'),
    });
    expect(outcome.stderr).toContain('payout 0 of batch 1');
  } finally {
    vi.unstubAllEnvs();
    chain.destroy();
    await l1.stop();
    rmSync(folder, { recursive: true });
  }
});
