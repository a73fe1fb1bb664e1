import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerKey, PlainLedger, planDeposits } from './plain-ledger.ts';
import type { Transfer } from './transfers-csv.ts';

const transfer = (line: number, from: string, to: string, amount: bigint): Transfer => ({
  line,
  from,
  to,
  token: 'T',
  amount,
});

describe('planDeposits', () => {
  it('uses what came in before it asks for more', () => {
    const plan = planDeposits(
      [transfer(2, 'a', 'b', 10n), transfer(3, 'b', 'a', 15n), transfer(4, 'a', 'c', 15n)],
      1n,
      100n,
    );
    expect(plan.deposits).toEqual([
      { address: 'a', token: 'T', amount: 12n },
      { address: 'b', token: 'T', amount: 6n },
    ]);
  });

  it('reports an overdraft with its line and goes on', () => {
    const plan = planDeposits(
      [transfer(2, 'a', 'b', 60n), transfer(3, 'c', 'b', 50n), transfer(4, 'b', 'c', 5n)],
      0n,
      100n,
    );
    expect(plan.transfers.map((t) => t.line)).toEqual([2, 4]);
    expect(plan.skipped).toEqual([
      { line: 3, reason: expect.stringMatching(/^overdraft: c has 0 units of T and pays 50/) },
    ]);
  });

  it('covers every transfer in order, to the last unit', () => {
    const party = fc.constantFrom('a', 'b', 'c', 'd');
    const rows = fc.array(fc.tuple(party, party, fc.bigInt(1n, 1000n)), { maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.bigInt(0n, 5n), (list, fee) => {
        const transfers = list.map(([from, to, amount], i) => transfer(i + 2, from, to, amount));
        const plan = planDeposits(transfers, fee, 1n << 64n);
        const ledger = new PlainLedger();
        for (const deposit of plan.deposits) ledger.credit(deposit.address, deposit.token, deposit.amount);
        const lowest = new Map<string, bigint>();
        for (const t of plan.transfers) {
          ledger.pay(t.from, t.token, t.amount + fee);
          const left = ledger.balances.get(ledgerKey(t.from, t.token)) ?? 0n;
          expect(left).toBeGreaterThanOrEqual(0n);
          const before = lowest.get(t.from);
          lowest.set(t.from, before === undefined || left < before ? left : before);
          ledger.credit(t.to, t.token, t.amount);
        }
        for (const deposit of plan.deposits) expect(lowest.get(deposit.address)).toBe(0n);
      }),
    );
  });
});
