import type { Plot } from '../report/plots.ts';
import type { BenchResult } from '../result.ts';

/** Throughput by workers, and what a load keeps busy. */
export function simulatePlots({ series }: BenchResult): Plot[] {
  const having = (sweep: string) => series.filter(({ labels }) => labels.sweep === sweep);
  const value = (metrics: BenchResult['series'][number]['metrics'], name: string) =>
    metrics[name]?.samples[0];
  const workers = having('workers').map(({ labels, metrics }) => ({
    shape: labels.shape,
    workers: Number(labels.workers),
    rate: value(metrics, 'transfers/s'),
  }));
  const busy = having('load')
    .filter(({ labels }) => labels.data === 'calldata')
    .flatMap(({ labels, metrics }) =>
      Object.keys(metrics)
        .filter((name) => name.endsWith(' busy'))
        .map((name) => ({
          shape: labels.shape,
          load: Number(labels.load),
          stage: name.replace(' busy', ''),
          share: value(metrics, name),
        })),
    );
  if (workers.length + busy.length === 0) return [];
  return [
    {
      title: 'Simulated throughput by workers',
      spec: {
        data: { values: workers },
        mark: { type: 'line', point: true },
        encoding: {
          x: { field: 'workers', type: 'quantitative', scale: { type: 'log' } },
          y: { field: 'rate', type: 'quantitative', title: 'transfers a second', scale: { type: 'log' } },
          color: { field: 'shape', type: 'nominal' },
        },
      },
    },
    {
      title: 'How busy each stage is, by load, with calldata',
      spec: {
        data: { values: busy },
        mark: { type: 'line', point: true },
        encoding: {
          x: { field: 'load', type: 'quantitative', title: 'transfers a second', scale: { type: 'log' } },
          y: { field: 'share', type: 'quantitative', title: 'busy', axis: { format: '%' } },
          color: { field: 'stage', type: 'nominal', sort: null },
          column: { field: 'shape', type: 'nominal', title: null },
        },
        width: 280,
      },
    },
  ];
}
