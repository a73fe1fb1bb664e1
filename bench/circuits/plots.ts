import type { Plot } from '../report/plots.ts';
import type { BenchResult } from '../result.ts';

/** One more transfer, beside other rollups. */
export function circuitPlots({ series }: BenchResult): Plot[] {
  const values = series.flatMap(({ labels, metrics }) => {
    const constraints = metrics.constraints!.samples[0]!;
    if ('peer' in labels) return [{ circuit: labels.peer, accounts: `2^${labels.depth}`, constraints }];
    if (!('transfer' in labels) || labels.counted !== 'compiled') return [];
    return [{ circuit: `Millrace, ${labels.transfer}`, accounts: `2^${labels.depth}`, constraints }];
  });
  return [
    {
      title: 'Constraints of one more transfer',
      spec: {
        data: { values },
        mark: 'bar',
        encoding: {
          y: { field: 'circuit', type: 'nominal', title: null, sort: null },
          yOffset: { field: 'accounts' },
          x: { field: 'constraints', type: 'quantitative', title: 'constraints, same compiler' },
          color: { field: 'accounts', type: 'nominal', title: 'accounts' },
        },
      },
    },
  ];
}
