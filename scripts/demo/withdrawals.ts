import type { PlainLedger } from './plain-ledger.ts';

export interface PlannedWithdrawal {
  readonly address: string;
  readonly token: string;
  /** Token units. */
  readonly amount: bigint;
}

const PER_TOKEN = 2;

/** Half of what two holders of each token have: those with the lowest addresses who can pay the fee. */
export function chooseWithdrawals(ledger: PlainLedger, fee: bigint, operator: string): PlannedWithdrawal[] {
  const chosen = new Map<string, PlannedWithdrawal[]>();
  for (const [key, balance] of [...ledger.balances].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [address, token] = key.split(' ') as [string, string];
    const amount = (balance - fee) / 2n;
    const ofToken = chosen.get(token) ?? [];
    if (address === operator || BigInt(address) === 0n || amount < 1n || ofToken.length >= PER_TOKEN)
      continue;
    chosen.set(token, [...ofToken, { address, token, amount }]);
  }
  return [...chosen.values()].flat();
}
