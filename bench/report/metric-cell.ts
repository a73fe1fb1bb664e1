import type { Metric, Ratio } from '../result.ts';
import { summarize } from '../statistics.ts';
import { formatValue } from './table.ts';

/** A median with its absolute deviation, where there are several samples; an empty cell where there are none. */
export function withSpread(metric: Metric | undefined): string {
  if (metric === undefined) return '';
  const { samples, unit } = metric;
  const { median, mad, count } = summarize(samples);
  return count === 1 ? formatValue(median, unit) : `${formatValue(median, unit)} ± ${formatValue(mad, unit)}`;
}

/** A median; an empty cell where there are no samples. */
export function medianOf(metric: Metric | undefined): string {
  return metric === undefined ? '' : formatValue(summarize(metric.samples).median, metric.unit);
}

/** A ratio and its confidence interval; empty if there is none. */
export function withInterval(found: Ratio | undefined): string {
  if (found === undefined) return '';
  const { ratio, low, high } = found;
  return `${formatValue(ratio, 'ratio')} [${formatValue(low, 'ratio')}, ${formatValue(high, 'ratio')}]`;
}
