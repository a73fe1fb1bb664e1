import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTransfers } from './transfers-csv.ts';

const HEADER = 'tx_hash,from,to,token,decimals,amount';
const HASH = `0x${'ab'.repeat(32)}`;
const A = `0x${'Aa'.repeat(20)}`;
const B = `0x${'bb'.repeat(20)}`;
const parse = (...rows: string[]) => parseTransfers([HEADER, ...rows].join('\n'));

describe('parseTransfers', () => {
  it('reads the block that comes with the repository', () => {
    const file = parseTransfers(
      readFileSync(new URL('./data/mainnet-17173049.csv', import.meta.url), 'utf8'),
    );
    expect(file.lines).toBe(107);
    expect(file.transfers).toHaveLength(106);
    expect(file.skipped).toEqual([
      { line: 25, reason: 'below one unit: 14 of ETH is less than the unit of 1000000000' },
    ]);
    expect([...file.tokens.keys()].sort()).toEqual(['ETH', 'USDC', 'USDT', 'WETH']);
  });

  it('rounds down to whole units and counts what that took off', () => {
    const file = parse(`${HASH},${A},${B},ETH,18,1999999999`, `${HASH},${A},${B},USDC,6,7`);
    expect(file.transfers.map((t) => t.amount)).toEqual([1n, 7n]);
    expect(file.tokens.get('ETH')).toMatchObject({
      unitExponent: 9,
      roundedOff: 999999999n,
      roundedTransfers: 1,
    });
    expect(file.tokens.get('USDC')).toMatchObject({ unitExponent: 0, roundedOff: 0n });
    expect(file.transfers[0]?.from).toBe(A.toLowerCase());
  });

  it.each([
    ['too few fields', `${HASH},${A},${B},ETH,18`, 'expected 6 fields, found 5'],
    ['a short hash', `0x12,${A},${B},ETH,18,1`, 'tx_hash must be'],
    ['a bad address', `${HASH},0x12,${B},ETH,18,1`, 'from must be'],
    ['a negative amount', `${HASH},${A},${B},ETH,18,-5`, 'amount must be'],
    ['a fractional amount', `${HASH},${A},${B},ETH,18,1.5`, 'amount must be'],
    ['too many decimals', `${HASH},${A},${B},X,77,1`, 'decimals must be at most 27'],
    ['ETH with other decimals', `${HASH},${A},${B},ETH,6,1`, 'ETH has 18 decimals'],
    ['dust', `${HASH},${A},${B},ETH,18,999999999`, 'below one unit'],
    ['more than 64 bits', `${HASH},${A},${B},USDC,6,${1n << 64n}`, 'do not fit 64 bits'],
  ])('skips a line with %s, says why, and goes on', (_, row, reason) => {
    const file = parse(row, `${HASH},${A},${B},USDC,6,7`);
    expect(file.skipped).toHaveLength(1);
    expect(file.skipped[0]).toMatchObject({ line: 2, reason: expect.stringContaining(reason) });
    expect(file.transfers).toHaveLength(1);
  });

  it('skips a line whose token has other decimals than before', () => {
    const file = parse(`${HASH},${A},${B},X,6,7`, `${HASH},${A},${B},X,8,7`);
    expect(file.skipped[0]?.reason).toContain('X has 6 decimals in an earlier line');
  });

  it('refuses a file with another header, and reads one with CRLF, BOM and blank lines', () => {
    expect(() => parseTransfers('from,to\n')).toThrow(/header/);
    const file = parseTransfers(`\uFEFF${HEADER}\r\n${HASH},${A},${B},USDC,6,7\r\n\r\n`);
    expect(file.transfers).toHaveLength(1);
    expect(file.lines).toBe(1);
  });
});
