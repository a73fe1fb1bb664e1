import { formatValue, type Table } from '../report/table.ts';
import type { BenchResult } from '../result.ts';
import { summarize } from '../statistics.ts';

/** How fast a state is rebuilt from L1, for people. */
export function restoreTables({ series }: BenchResult): Table[] {
  return [
    {
      title: 'The state from L1 alone: medians',
      columns: ['batches', 'transfers', 'CPU', 'wall', 'CPU a batch', 'transfers a CPU second'],
      rows: series.map(({ labels, metrics }) => {
        const batches = Number(labels.batches);
        const transfers = batches * Number(labels.transfers);
        const [cpu, wall] = [summarize(metrics.cpu!.samples).median, summarize(metrics.wall!.samples).median];
        return [
          String(batches),
          transfers.toLocaleString('en'),
          formatValue(cpu, 's'),
          formatValue(wall, 's'),
          formatValue(cpu / batches, 's'),
          formatValue(transfers / cpu, ''),
        ];
      }),
    },
  ];
}
