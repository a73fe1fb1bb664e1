import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restoreRollup } from '../../restore/restore-rollup.ts';
import { ledgerKey } from '../../scripts/demo/plain-ledger.ts';
import { untilFinal } from '../../scripts/demo/waiting.ts';
import { kzg } from '../support/kzg.ts';
import { ETH, Pipeline } from '../support/pipeline.ts';

// `millrace node --da blob` with real proofs, killed in between; then its store is gone, but for the blobs that it kept.

const ALICE = `0x${'a1'.repeat(20)}`;
const BOB = `0x${'b2'.repeat(20)}`;

describe.skipIf(kzg === undefined)('a node that puts its data into blobs', () => {
  let pipeline: Pipeline;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-blob-node-'));
    const deposits = new Map([[ALICE, 1_000_000n]]);
    pipeline = await Pipeline.start({ localWorkers: 1, redis: 'private', blobs: true, deposits });
  }, 600_000);

  afterAll(async () => {
    await pipeline?.close();
    await rm(folder, { recursive: true });
  });

  test('brings them to L1, also after a kill, and the rollup is restored from the blobs it kept', {
    timeout: 300_000,
  }, async () => {
    const { api, payments, ledger, l1, storeFolder } = pipeline;
    const token = ETH.symbol;
    await payments.transfer({ line: 1, from: ALICE, to: BOB, token, amount: 5_000n });
    await payments.transfer({ line: 2, from: BOB, to: ALICE, token, amount: 70n });
    await pipeline.node.kill();
    await payments.withdraw(ALICE, token, 77n);
    await untilFinal(api, payments.opIds, () => undefined);
    pipeline.creditFees();
    const status: unknown = await (await fetch(`${pipeline.apiUrl}/v1/status`)).json();
    expect(status).toMatchObject({ data: { place: 'blob', forecast: null } });
    expect(await pipeline.stop()).toEqual([]);

    const { provider, deployment } = l1;
    const types = new Set<number>();
    for (let block = deployment.block + 1; block <= (await provider.getBlockNumber()); block++) {
      const { prefetchedTransactions } = (await provider.getBlock(block, true))!;
      for (const { to, from, type } of prefetchedTransactions)
        if (to === deployment.rollup && from === deployment.operator) types.add(type);
    }
    expect([...types]).toEqual([3]);

    const restored = await restoreRollup({
      rpcUrl: l1.chain.url,
      rollup: deployment.rollup,
      folder: join(folder, 'restored'),
      blobs: join(storeFolder, 'blobs'),
      logger: pino({ level: 'silent' }),
      signal: new AbortController().signal,
    });
    restored.close();
    for (const address of [ALICE, BOB, pipeline.operator]) {
      const { keyHash } = pipeline.wallets.of(address);
      const accounts = restored.state.snapshot().filter(([, account]) => account.keyHash === keyHash);
      const held = accounts.reduce((sum, [, { balance }]) => sum + balance, 0n);
      expect(held).toBe(ledger.balances.get(ledgerKey(address, token)));
    }
  });
});
