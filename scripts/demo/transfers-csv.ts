import { MillraceError } from '../../protocol/error.ts';

/** One transfer of a file, its amount already in the rollup's token units. */
export interface Transfer {
  /** Line in the file, the header being line 1. */
  readonly line: number;
  /** Lower-case L1 addresses. */
  readonly from: string;
  readonly to: string;
  readonly token: string;
  /** Token units, 1 .. 2^64 - 1. */
  readonly amount: bigint;
}

export interface TokenOfFile {
  readonly symbol: string;
  readonly decimals: number;
  /** The rollup counts this token in units of `10^unitExponent` of its smallest units. */
  readonly unitExponent: number;
  /** What rounding down to whole units took off all transfers together, in the token's smallest units. */
  roundedOff: bigint;
  /** Number of transfers that were rounded down. */
  roundedTransfers: number;
}

/** A line that is not carried out, and why. */
export interface SkippedLine {
  readonly line: number;
  readonly reason: string;
}

export interface TransferFile {
  readonly transfers: Transfer[];
  readonly tokens: Map<string, TokenOfFile>;
  readonly skipped: SkippedLine[];
  /** Number of lines below the header that are not blank. */
  readonly lines: number;
}

const HEADER = 'tx_hash,from,to,token,decimals,amount';
const UNIT_LIMIT = 1n << 64n;
/** Nine decimals are kept: ETH in gwei. More would not leave room for large amounts in 64 bits. */
const DECIMALS_KEPT = 9;
const MAX_DECIMALS = 27;

const FIELDS: readonly { name: string; pattern: RegExp; expected: string }[] = [
  { name: 'tx_hash', pattern: /^0x[0-9a-f]{64}$/i, expected: '0x and 64 hex digits' },
  { name: 'from', pattern: /^0x[0-9a-f]{40}$/i, expected: '0x and 40 hex digits' },
  { name: 'to', pattern: /^0x[0-9a-f]{40}$/i, expected: '0x and 40 hex digits' },
  {
    name: 'token',
    pattern: /^[A-Za-z0-9.$_-]{1,32}$/,
    expected: 'a symbol of 1 to 32 letters, digits or . $ _ -',
  },
  { name: 'decimals', pattern: /^\d{1,2}$/, expected: `a whole number from 0 to ${MAX_DECIMALS}` },
  { name: 'amount', pattern: /^\d{1,78}$/, expected: 'a whole number in the smallest unit of the token' },
];

/**
 * Reads transfers from CSV text with the columns `tx_hash,from,to,token,decimals,amount`.
 *
 * Amounts are rounded down to whole token units (`10^max(0, decimals - 9)` smallest units; ETH: 1 gwei). A line
 * that cannot become a transfer goes to `skipped` with its reason; the others go on.
 *
 * @throws MillraceError `bad-transfers-file` when the header is another one.
 */
export function parseTransfers(text: string): TransferFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trim() !== HEADER) {
    throw new MillraceError('input', 'bad-transfers-file', 'The first line is not the expected header.', {
      details: { line: 1, expected: HEADER, found: (lines[0] ?? '').slice(0, 200) },
      fix: 'Give a CSV file with exactly these columns.',
    });
  }
  const file = {
    transfers: [] as Transfer[],
    tokens: new Map<string, TokenOfFile>(),
    skipped: [] as SkippedLine[],
    lines: 0,
  };
  for (const [index, row] of lines.entries()) {
    if (index === 0 || row.trim() === '') continue;
    file.lines += 1;
    const line = index + 1;
    const transfer = parseRow(row, line, file.tokens);
    if (typeof transfer === 'string') file.skipped.push({ line, reason: transfer });
    else file.transfers.push(transfer);
  }
  return file;
}

/** The transfer of one row, or the reason why there is none. */
function parseRow(row: string, line: number, tokens: Map<string, TokenOfFile>): Transfer | string {
  const fields = row.split(',').map((field) => field.trim());
  if (fields.length !== FIELDS.length)
    return `malformed: expected ${FIELDS.length} fields, found ${fields.length}`;
  for (const [i, { name, pattern, expected }] of FIELDS.entries()) {
    const value = fields[i] ?? '';
    if (!pattern.test(value)) return `malformed: ${name} must be ${expected}, found "${value.slice(0, 80)}"`;
  }
  const [, from, to, symbol, decimalsText, amountText] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const decimals = Number(decimalsText);
  if (decimals > MAX_DECIMALS)
    return `malformed: decimals must be at most ${MAX_DECIMALS}, found ${decimals}`;
  if (symbol === 'ETH' && decimals !== 18) return `malformed: ETH has 18 decimals, found ${decimals}`;
  const known = tokens.get(symbol);
  if (known && known.decimals !== decimals) {
    return `malformed: ${symbol} has ${known.decimals} decimals in an earlier line, found ${decimals}`;
  }
  const unitExponent = Math.max(0, decimals - DECIMALS_KEPT);
  const unit = 10n ** BigInt(unitExponent);
  const exact = BigInt(amountText);
  const amount = exact / unit;
  if (amount === 0n) return `below one unit: ${exact} of ${symbol} is less than the unit of ${unit}`;
  if (amount >= UNIT_LIMIT) return `too large: ${amount} units of ${symbol} do not fit 64 bits`;
  const token = known ?? { symbol, decimals, unitExponent, roundedOff: 0n, roundedTransfers: 0 };
  tokens.set(symbol, token);
  const remainder = exact % unit;
  if (remainder > 0n) {
    token.roundedOff += remainder;
    token.roundedTransfers += 1;
  }
  return { line, from: from.toLowerCase(), to: to.toLowerCase(), token: symbol, amount };
}
