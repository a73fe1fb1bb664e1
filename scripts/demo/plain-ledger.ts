import type { SkippedLine, Transfer } from './transfers-csv.ts';

/**
 * Plain arithmetic over transfers, written apart from the rollup's own code: what everybody must deposit
 * to make the transfers in order, and what everybody has in the end.
 */

/** `address token`: the key of one account. */
export function ledgerKey(address: string, token: string): string {
  return `${address} ${token}`;
}

export interface Deposit {
  readonly address: string;
  readonly token: string;
  /** Token units. */
  amount: bigint;
}

export interface Plan {
  /** Deposits in the order in which their accounts first pay. */
  readonly deposits: Deposit[];
  readonly transfers: Transfer[];
  readonly skipped: SkippedLine[];
}

/**
 * Finds the smallest deposits with which every transfer, in order, is covered.
 *
 * @param fee token units that each transfer pays on top of its amount.
 * @param limit what one token's deposits may come to together, in token units. A transfer that would need more is an
 *   overdraft: it is skipped with its reason, and the rest goes on.
 */
export function planDeposits(transfers: readonly Transfer[], fee: bigint, limit: bigint): Plan {
  const balances = new Map<string, bigint>();
  const deposits = new Map<string, Deposit>();
  const total = new Map<string, bigint>();
  const plan: Plan = { deposits: [], transfers: [], skipped: [] };
  for (const transfer of transfers) {
    const { token, amount, line } = transfer;
    const from = ledgerKey(transfer.from, token);
    const cost = amount + fee;
    const held = balances.get(from) ?? 0n;
    const missing = cost > held ? cost - held : 0n;
    const deposited = total.get(token) ?? 0n;
    if (deposited + missing > limit) {
      const reason = `overdraft: ${transfer.from} has ${held} units of ${token} and pays ${cost}; no more than ${limit - deposited} can be deposited`;
      plan.skipped.push({ line, reason });
      continue;
    }
    if (missing > 0n) {
      const deposit = deposits.get(from);
      if (deposit) deposit.amount += missing;
      else {
        const created = { address: transfer.from, token, amount: missing };
        deposits.set(from, created);
        plan.deposits.push(created);
      }
      total.set(token, deposited + missing);
    }
    balances.set(from, held + missing - cost);
    const to = ledgerKey(transfer.to, token);
    balances.set(to, (balances.get(to) ?? 0n) + amount);
    plan.transfers.push(transfer);
  }
  return plan;
}

/** Balances in token units by `ledgerKey`, moved by hand: `credit` on deposits, `pay` on transfers and withdrawals. */
export class PlainLedger {
  readonly balances = new Map<string, bigint>();

  credit(address: string, token: string, amount: bigint): void {
    const key = ledgerKey(address, token);
    this.balances.set(key, (this.balances.get(key) ?? 0n) + amount);
  }

  pay(address: string, token: string, amount: bigint): void {
    this.credit(address, token, -amount);
  }
}
