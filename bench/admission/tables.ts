import { withSpread } from '../report/metric-cell.ts';
import { formatValue, type Table } from '../report/table.ts';
import type { BenchResult } from '../result.ts';
import { summarize } from '../statistics.ts';

/** What a node does for each op that it lets in, for people. */
export function admissionTables({ series }: BenchResult): Table[] {
  return [
    {
      title: 'Letting an op in: median ± median absolute deviation',
      columns: ['step', 'CPU', 'wall', 'ops a CPU second'],
      rows: series.map(({ labels, metrics }) => [
        String(labels.step),
        withSpread(metrics.cpu),
        withSpread(metrics.wall),
        formatValue(1 / summarize(metrics.cpu!.samples).median, ''),
      ]),
    },
  ];
}
