import { MillraceError } from '../../protocol/error.ts';
import { type DemoL1, l1Balance } from './demo-l1.ts';
import type { NodeApi } from './node-api.ts';
import type { SentWithdrawal } from './payments.ts';

/** A check of the demo: what was compared, and how it came out. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Claims every withdrawal from the finalized batch that holds it, and compares what its owner got on L1. */
export async function claimAll(
  l1: DemoL1,
  api: NodeApi,
  withdrawals: readonly SentWithdrawal[],
): Promise<Check[]> {
  let right = 0;
  for (const withdrawal of withdrawals) if (await claim(l1, api, withdrawal)) right += 1;
  const detail = `${right} of ${withdrawals.length} owners got the exact amount on L1`;
  return [{ name: 'withdrawals', ok: right === withdrawals.length, detail }];
}

async function claim(
  l1: DemoL1,
  api: NodeApi,
  { owner, token, amount, opId }: SentWithdrawal,
): Promise<boolean> {
  const { batch: number } = await api.op(opId);
  const { payouts } = await api.batch(number!);
  const id = l1.tokenIds.get(token)!;
  const i = payouts.findIndex(
    (p) => p.owner.toLowerCase() === owner && p.token === id && p.amount === amount,
  );
  if (i < 0) {
    throw new MillraceError(
      'internal',
      'demo-failed',
      'A finalized withdrawal is not among the payouts of its batch',
      {
        details: { batch: number, op: opId },
      },
    );
  }
  const before = await l1Balance(l1, owner, id);
  const all = payouts.map((payout) => ({ ...payout, owner: BigInt(payout.owner) }));
  await l1.depositor.claim(number!, all, i);
  const got = (await l1Balance(l1, owner, id)) - before;
  const { unitExponent } = l1.deployment.tokens.find((candidate) => candidate.id === id)!;
  return got === amount * 10n ** BigInt(unitExponent);
}
