import type { Check } from './claims.ts';
import type { NodeApi } from './node-api.ts';
import type { PlainLedger } from './plain-ledger.ts';
import type { DemoWallets } from './wallets.ts';

/** Compares every balance of the rollup's state with the plain ledger. */
export async function checkBalances(options: {
  api: NodeApi;
  ledger: PlainLedger;
  wallets: DemoWallets;
  tokenIds: ReadonlyMap<string, number>;
}): Promise<Check> {
  const { api, ledger, wallets, tokenIds } = options;
  const wrong: string[] = [];
  for (const [key, expected] of ledger.balances) {
    const [address, token] = key.split(' ') as [string, string];
    const account = await api.findAccount(wallets.of(address).keyHash, tokenIds.get(token)!);
    if (account?.balance !== expected)
      wrong.push(`${key}: ${account?.balance ?? 'no account'} instead of ${expected}`);
  }
  const right = ledger.balances.size - wrong.length;
  const detail = [`${right} of ${ledger.balances.size} equal plain arithmetic over the file`, ...wrong].join(
    '; ',
  );
  return { name: 'balances', ok: wrong.length === 0, detail };
}
