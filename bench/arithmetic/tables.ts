import { withInterval, withSpread } from '../report/metric-cell.ts';
import type { Table } from '../report/table.ts';
import type { BenchResult } from '../result.ts';
import { CONFIDENCE } from '../statistics.ts';

/** The batcher's arithmetic beside circomlibjs's, for people. */
export function arithmeticTables({ series, ratios }: BenchResult): Table[] {
  const cpuOf = (operation: unknown, by: string) =>
    withSpread(series.find(({ labels }) => labels.operation === operation && labels.by === by)?.metrics.cpu);
  return [
    {
      title: `CPU of one: median ± median absolute deviation, ratio of medians [${100 * CONFIDENCE}% interval]`,
      columns: ['operation', 'millrace', 'circomlibjs', 'times the cost'],
      rows: ratios.map((ratio) => [
        String(ratio.of.operation),
        cpuOf(ratio.of.operation, 'millrace'),
        cpuOf(ratio.of.operation, 'circomlibjs'),
        withInterval(ratio),
      ]),
    },
  ];
}
