import type { Metric } from '../result.ts';
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
