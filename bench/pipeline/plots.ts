import type { Plot } from '../report/plots.ts';
import type { BenchResult } from '../result.ts';
import { summarize } from '../statistics.ts';
import { runName } from './efficiency-warnings.ts';

/** Without the wait for a worker: all ops are sent at once, so that it is most of the time. */
const STAGES = ['witness', 'proof', 'proven to final'];

/** Throughput by workers, and where a batch's time goes. */
export function pipelinePlots({ series }: BenchResult): Plot[] {
  const medianOf = (samples: readonly number[] | undefined) => summarize(samples ?? [0]).median;
  return [
    {
      title: 'Throughput by workers',
      spec: {
        data: {
          values: series.map(({ labels, metrics }) => ({
            ...labels,
            rate: medianOf(metrics['transfers/s']?.samples),
          })),
        },
        mark: { type: 'line', point: true },
        encoding: {
          x: { field: 'workers', type: 'ordinal', title: 'workers', axis: { labelAngle: 0 } },
          y: { field: 'rate', type: 'quantitative', title: 'transfers a second' },
          color: { field: 'shape', type: 'nominal' },
        },
        width: 360,
      },
    },
    {
      title: 'Stages of a batch that a worker has taken',
      spec: {
        data: {
          values: series.flatMap(({ labels, metrics }) =>
            STAGES.map((stage, place) => ({
              run: runName(labels),
              stage,
              place,
              seconds: medianOf(metrics[stage]?.samples),
            })),
          ),
        },
        mark: 'bar',
        encoding: {
          y: { field: 'run', type: 'nominal', title: null, sort: null },
          x: { field: 'seconds', type: 'quantitative', title: 'seconds, medians' },
          color: { field: 'stage', type: 'nominal', sort: STAGES },
          order: { field: 'place' },
        },
      },
    },
  ];
}
