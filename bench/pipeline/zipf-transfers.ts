import { Random } from '../../scripts/random.ts';

const ACCOUNTS = 40;
const ETH_DECIMALS = 18;
const UNIT = 10n ** 9n;
const MOST_UNITS = 10 ** 9;

/**
 * Transfers of ETH between 40 accounts, as the CSV that the demo reads: the account of rank k takes part in proportion to
 * 1/k (Zipf's law), which is about how accounts of a busy chain repeat. The same number always gives the same file.
 *
 * @param count transfers, at least 1
 */
export function zipfTransfers(count: number): string {
  const random = new Random(count);
  const weights = Array.from({ length: ACCOUNTS }, (_, i) => 1 / (i + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const account = (): number => {
    let left = random.fraction() * total;
    const rank = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return rank < 0 ? ACCOUNTS - 1 : rank;
  };
  const rows = Array.from({ length: count }, (_, i) => {
    const from = account();
    let to = account();
    while (to === from) to = account();
    const amount = UNIT * BigInt(1 + random.below(MOST_UNITS));
    return [hex(i, 64), hex(from + 1, 40), hex(to + 1, 40), 'ETH', ETH_DECIMALS, amount].join(',');
  });
  return ['tx_hash,from,to,token,decimals,amount', ...rows, ''].join('\n');
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
