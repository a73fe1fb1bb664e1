import { quantile } from 'simple-statistics';
import type { Table } from '../report/table.ts';
import { formatValue } from '../report/table.ts';
import type { BenchResult, Series } from '../result.ts';
import { summarize } from '../statistics.ts';

/** Runs of the whole pipeline, for people. */
export function pipelineTables({ series }: BenchResult): Table[] {
  const rows = (cells: (metrics: Series['metrics']) => string[]) =>
    series.map(({ labels, metrics }) => [String(labels.shape), String(labels.workers), ...cells(metrics)]);
  return [
    {
      title: 'The whole pipeline',
      columns: ['shape', 'workers', 'transfers/s', 'proofs/s', 'latency p50', 'p95', 'p99'],
      rows: rows((metrics) => [
        median(metrics, 'transfers/s'),
        median(metrics, 'proofs/s'),
        ...[0.5, 0.95, 0.99].map((share) => percentile(metrics, 'latency', share)),
      ]),
    },
    {
      title: 'Against provers without a pipeline; and how busy each stage is',
      columns: [
        'shape',
        'workers',
        'efficiency',
        'queue, a job',
        'of the job',
        'workers busy',
        'node busy',
        'L1 busy',
      ],
      rows: rows((metrics) => [
        median(metrics, 'efficiency'),
        median(metrics, 'queue, a job'),
        queueShare(metrics),
        median(metrics, 'workers busy'),
        median(metrics, 'node busy'),
        median(metrics, 'L1 busy'),
      ]),
    },
    {
      title: 'Of one batch: its wait for a worker, its proof, from then to finality; medians',
      columns: [
        'shape',
        'workers',
        'wait',
        'witness',
        'proof',
        'both, alone',
        'to final',
        'Redis CPU',
        'node CPU',
      ],
      rows: rows((metrics) => [
        median(metrics, 'wait for a worker'),
        median(metrics, 'witness'),
        median(metrics, 'proof'),
        median(metrics, 'witness and proof, alone'),
        median(metrics, 'proven to final'),
        median(metrics, 'Redis CPU, a job'),
        median(metrics, 'node CPU, a batch'),
      ]),
    },
  ];
}

function median(metrics: Series['metrics'], name: string): string {
  return percentile(metrics, name, 0.5);
}

function percentile(metrics: Series['metrics'], name: string, share: number): string {
  const metric = metrics[name];
  return metric === undefined ? '' : formatValue(quantile(metric.samples, share), metric.unit);
}

function queueShare({ witness, proof, 'queue, a job': queue }: Series['metrics']): string {
  if (witness === undefined || proof === undefined || queue === undefined) return '';
  const medianOf = ({ samples }: typeof queue) => summarize(samples).median;
  const gap = medianOf(queue);
  return formatValue(gap / (gap + medianOf(witness) + medianOf(proof)), '%');
}
