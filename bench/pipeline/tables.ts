import { quantile } from 'simple-statistics';
import type { Table } from '../report/table.ts';
import { formatValue } from '../report/table.ts';
import type { BenchResult, Series } from '../result.ts';
import { summarize } from '../statistics.ts';

/** Runs of the whole pipeline, for people. */
export function pipelineTables({ series }: BenchResult): Table[] {
  return [
    {
      title: 'The whole pipeline',
      columns: ['shape', 'workers', 'transfers/s', 'proofs/s', 'latency p50', 'p95', 'p99', 'workers busy'],
      rows: series.map(({ labels, metrics }) => [
        String(labels.shape),
        String(labels.workers),
        median(metrics, 'transfers/s'),
        median(metrics, 'proofs/s'),
        ...[0.5, 0.95, 0.99].map((share) => percentile(metrics, 'latency', share)),
        median(metrics, 'workers busy'),
      ]),
    },
    {
      title: 'Of one batch: medians',
      columns: [
        'shape',
        'workers',
        'wait for a worker',
        'witness',
        'proof',
        'queue',
        'queue, of the job',
        'proven to final',
      ],
      rows: series.map(({ labels, metrics }) => [
        String(labels.shape),
        String(labels.workers),
        median(metrics, 'wait for a worker'),
        median(metrics, 'witness'),
        median(metrics, 'proof'),
        median(metrics, 'queue, a job'),
        queueShare(metrics),
        median(metrics, 'proven to final'),
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
