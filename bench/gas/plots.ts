import type { Plot } from '../report/plots.ts';
import type { BenchResult } from '../result.ts';
import { gasCell } from './tables.ts';

/** Cost of a transfer by the size of its batch. */
export function gasPlots({ series }: BenchResult): Plot[] {
  const values = series.flatMap((one) => {
    const { batches, transfers, oneCall, blob, commit, prove } = gasCell(one);
    const point = { size: Number(one.labels.transfers), batches: `${batches}` };
    return [
      { ...point, way: 'one call', gas: oneCall && oneCall / transfers },
      { ...point, way: 'one call, data in a blob', gas: blob && blob / transfers },
      { ...point, way: 'commit, prove later', gas: commit && prove && (commit + prove) / transfers },
    ].filter(({ gas }) => gas !== undefined);
  });
  const sizes = [...new Set(values.map(({ size }) => size))];
  return [
    {
      title: 'Gas of a transfer by batch size',
      spec: {
        data: { values },
        mark: { type: 'line', point: true },
        encoding: {
          x: {
            field: 'size',
            type: 'quantitative',
            title: 'transfers in a batch',
            scale: { type: 'log', base: 2 },
            axis: { values: sizes },
          },
          y: { field: 'gas', type: 'quantitative', title: 'gas a transfer', scale: { type: 'log' } },
          color: { field: 'batches', type: 'ordinal', sort: null, title: 'batches in a call' },
          column: {
            field: 'way',
            type: 'nominal',
            title: null,
            sort: ['one call', 'one call, data in a blob', 'commit, prove later'],
          },
        },
        width: 240,
      },
    },
  ];
}
