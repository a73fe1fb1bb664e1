import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import { toEntry } from '../../protocol/vector.ts';
import { checkBalances } from '../../scripts/demo/check-balances.ts';
import { claimAll } from '../../scripts/demo/claims.ts';
import type { SentWithdrawal } from '../../scripts/demo/payments.ts';
import { ledgerKey } from '../../scripts/demo/plain-ledger.ts';
import { untilFinal } from '../../scripts/demo/waiting.ts';
import { Random } from '../../scripts/random.ts';
import { type Fault, strike } from './faults.ts';
import { finalizedBatches, finalizedOps } from './finalized-batches.ts';
import { ETH, Pipeline, type PipelineOptions } from './pipeline.ts';

export interface KillRunOptions extends Omit<PipelineOptions, 'deposits'> {
  readonly seed: number;
  /** In the order in which they happen. */
  readonly faults: readonly Fault[];
  /** Longest time between two faults, ms. */
  readonly maxPauseMs: number;
}

const HOLDERS = Array.from({ length: 6 }, (_, i) => `0x${(0xa1 + i).toString(16).repeat(20)}`);
const DEPOSITS = new Map(HOLDERS.slice(0, 2).map((holder) => [holder, 1_000_000n]));
/** So much work is kept in the pipeline, and no more, so that the run ends soon after its last fault. */
const OPEN_BATCHES = 3;
/** What is in the pipeline at the last fault has this long to become final, ms. */
const RECOVERY_MS = 150_000;

/**
 * Runs the whole rollup under a stream of payments, breaks parts of it at random moments, and expects that in the end L1 has
 * every acknowledged op exactly once and that all money is where plain arithmetic says.
 */
export async function runWithFaults({ seed, faults, maxPauseMs, ...options }: KillRunOptions): Promise<void> {
  const random = new Random(seed);
  const startedAt = performance.now();
  const story = [`seed ${seed}`];
  const tell = (text: string) =>
    story.push(`${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${text}`);
  const pipeline = await Pipeline.start({ ...options, deposits: DEPOSITS });
  try {
    tell('deposits are read');
    const breaking = breakAll(pipeline, random, { faults, maxPauseMs, tell });
    const withdrawals = await payWhile(pipeline, new Random(seed + 1), breaking);
    expect(await breaking).toEqual([]);
    tell(`${pipeline.payments.opIds.length} ops were acknowledged`);
    const final = untilFinal(pipeline.api, pipeline.payments.opIds, () => undefined);
    await Promise.race([final, overdue()]);
    tell('all are final');
    await expectAllIsWell(pipeline, withdrawals);
    expect(await pipeline.stop()).toEqual([]);
  } catch (error) {
    process.stderr.write(`${story.join('\n')}\n\n${pipeline.node.output}\n`);
    throw error;
  } finally {
    await pipeline.close();
  }
}

async function overdue(): Promise<never> {
  await sleep(RECOVERY_MS, undefined, { ref: false });
  throw new Error(`after the last fault not everything became final within ${RECOVERY_MS} ms`);
}

/** @returns the faults that found nothing to break */
async function breakAll(
  pipeline: Pipeline,
  random: Random,
  plan: Pick<KillRunOptions, 'faults' | 'maxPauseMs'> & { tell: (text: string) => void },
): Promise<Fault[]> {
  const missed: Fault[] = [];
  for (const fault of plan.faults) {
    await sleep(random.below(plan.maxPauseMs));
    plan.tell(`break ${fault}`);
    if (!(await strike(fault, { pipeline, random }))) missed.push(fault);
  }
  return missed;
}

/** Makes random payments until `breaking` has ended, then one withdrawal. */
async function payWhile(
  { api, payments, ledger }: Pipeline,
  random: Random,
  breaking: Promise<unknown>,
): Promise<SentWithdrawal[]> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  breaking.then(end, end);
  const holdings = (holder: string) => ledger.balances.get(ledgerKey(holder, ETH.symbol)) ?? 0n;
  const withdrawals: SentWithdrawal[] = [];
  const withdraw = async (owner: string, amount: bigint) => {
    const sent = await payments.withdraw(owner, ETH.symbol, amount);
    if (sent !== undefined) withdrawals.push(sent);
  };
  for (let line = 1; !ended; line++) {
    const { planned, sealed, proven, submitted } = (await api.status()).batches;
    if (planned + sealed + proven + submitted > OPEN_BATCHES) {
      await sleep(100);
      continue;
    }
    const from = random.pick(HOLDERS.filter((holder) => holdings(holder) > 1_000n));
    const amount = 1n + (random.bits(64) % (holdings(from) / 3n));
    if (random.chance(15)) await withdraw(from, amount);
    else {
      const to = random.pick(HOLDERS.filter((holder) => holder !== from));
      await payments.transfer({ line, from, to, token: ETH.symbol, amount });
    }
  }
  await withdraw(HOLDERS.find((holder) => holdings(holder) > 1_000n)!, 1n);
  expect(payments.skipped).toEqual([]);
  return withdrawals;
}

async function expectAllIsWell(pipeline: Pipeline, withdrawals: readonly SentWithdrawal[]): Promise<void> {
  const { l1, api, ledger, wallets } = pipeline;
  const { provider, deployment, tokenIds } = l1;
  const batches = await finalizedBatches(provider, deployment);
  const byPayer = (a: { from: number; nonce: number }, b: { from: number; nonce: number }) =>
    a.from - b.from || a.nonce - b.nonce;
  const acknowledged = api.acknowledged.map((signed) => ({ ...toEntry(signed), nonce: signed.op.nonce }));
  expect(finalizedOps(batches).sort(byPayer)).toEqual(acknowledged.sort(byPayer));

  const state = await new RollupContract(provider, deployment).state();
  const status = await api.status();
  expect(status.stateRoot).toBe(String(state.finalizedRoot));
  expect(status.lastFinalized).toBe(batches.length);
  expect(state).toMatchObject({ finalizedNumber: batches.length, l1Finalized: 1 + DEPOSITS.size });

  pipeline.creditFees();
  expect(await checkBalances({ api, ledger, wallets, tokenIds })).toMatchObject({ ok: true });
  for (const check of await claimAll(l1, api, withdrawals)) expect(check).toMatchObject({ ok: true });
  await expect(claimAll(l1, api, withdrawals.slice(0, 1))).rejects.toMatchObject({
    code: 'l1-payout-already-claimed',
  });
}
