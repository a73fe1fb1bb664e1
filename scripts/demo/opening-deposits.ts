import type { Deposit } from './plain-ledger.ts';

export type OpenAccount = Readonly<Deposit>;

/**
 * All deposits of the demo: first the operator's, one of each token, so that it has accounts to take fees; then those of
 * the holders, in the order in which they first pay.
 */
export function openingDeposits(
  deposits: readonly Deposit[],
  tokens: readonly string[],
  operator: string,
  operatorDeposit: bigint,
): OpenAccount[] {
  const ofOperator = tokens.map((token) => ({ address: operator, token, amount: operatorDeposit }));
  return [...ofOperator, ...deposits];
}
