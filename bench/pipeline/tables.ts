import { quantile } from 'simple-statistics';
import { medianOf, withSpread } from '../report/metric-cell.ts';
import type { Table } from '../report/table.ts';
import { formatValue } from '../report/table.ts';
import type { BenchResult, Series } from '../result.ts';
import { summarize } from '../statistics.ts';
import { cpuOf, ROLES } from './cpu-by-role.ts';

const RUN = ['shape', 'workers'];

/** Runs of the whole pipeline, for people. */
export function pipelineTables({ series }: BenchResult): Table[] {
  const rows = (cells: (metrics: Series['metrics']) => string[]) =>
    series.map(({ labels, metrics }) => [String(labels.shape), String(labels.workers), ...cells(metrics)]);
  return [
    {
      title: 'The whole pipeline: medians of the rounds',
      columns: [...RUN, 'transfers/s', 'proofs/s', 'latency p50', 'p95', 'p99'],
      rows: rows((metrics) => [
        medianOf(metrics['transfers/s']),
        medianOf(metrics['proofs/s']),
        ...[0.5, 0.95, 0.99].map((share) => percentile(metrics, 'latency', share)),
      ]),
    },
    {
      title:
        'Against as many provers without a pipeline, in turn: median ± median absolute deviation of the rounds',
      columns: [
        ...RUN,
        'rounds',
        'proofs/s, alone',
        'in the pipeline',
        'efficiency',
        'CPU of a proof, alone',
        'in the pipeline',
        'CPU efficiency',
      ],
      rows: rows((metrics) => [
        String(metrics['transfers/s']?.samples.length ?? ''),
        withSpread(metrics['steady proofs/s, alone']),
        withSpread(metrics['steady proofs/s']),
        withSpread(metrics.efficiency),
        withSpread(metrics['CPU of prover alone']),
        withSpread(metrics[cpuOf('prover')]),
        withSpread(metrics['CPU efficiency']),
      ]),
    },
    {
      title: 'Where the CPU time of a batch goes: medians',
      columns: [...RUN, ...ROLES, 'all others, to the prover', 'node, at work', 'Redis, a job alone'],
      rows: rows((metrics) => [
        ...ROLES.map((role) => medianOf(metrics[cpuOf(role)])),
        othersToProver(metrics),
        medianOf(metrics['node CPU, a batch']),
        medianOf(metrics['Redis CPU, a job']),
      ]),
    },
    {
      title: 'What the queue costs, and how busy each stage is: medians',
      columns: [...RUN, 'queue, a job', 'of the job', 'workers busy', 'node busy', 'L1 busy'],
      rows: rows((metrics) => [
        medianOf(metrics['queue, a job']),
        queueShare(metrics),
        medianOf(metrics['workers busy']),
        medianOf(metrics['node busy']),
        medianOf(metrics['L1 busy']),
      ]),
    },
    {
      title: 'Of one batch: its wait for a worker, its proof, from then to finality; medians',
      columns: [...RUN, 'wait', 'witness', 'proof', 'both, alone', 'to final'],
      rows: rows((metrics) => [
        medianOf(metrics['wait for a worker']),
        medianOf(metrics.witness),
        medianOf(metrics.proof),
        medianOf(metrics['witness and proof, alone']),
        medianOf(metrics['proven to final']),
      ]),
    },
  ];
}

function percentile(metrics: Series['metrics'], name: string, share: number): string {
  const metric = metrics[name];
  return metric === undefined ? '' : formatValue(quantile(metric.samples, share), metric.unit);
}

function queueShare({ witness, proof, 'queue, a job': queue }: Series['metrics']): string {
  if (witness === undefined || proof === undefined || queue === undefined) return '';
  const gap = summarize(queue.samples).median;
  const work = summarize(witness.samples).median + summarize(proof.samples).median;
  return formatValue(gap / (gap + work), '%');
}

/** CPU time of all that is no proving, over that of proving. */
function othersToProver(metrics: Series['metrics']): string {
  const prover = metrics[cpuOf('prover')]?.samples;
  if (prover === undefined) return '';
  const others = ROLES.filter((role) => role !== 'prover').map((role) => metrics[cpuOf(role)]?.samples ?? []);
  const ratios = prover.map(
    (seconds, round) => others.reduce((sum, samples) => sum + (samples[round] ?? 0), 0) / seconds,
  );
  return formatValue(summarize(ratios).median, '%');
}
