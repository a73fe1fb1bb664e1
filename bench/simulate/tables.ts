import { formatValue, type Table } from '../report/table.ts';
import type { BenchResult, Series } from '../result.ts';
import { STAGES } from './rollup.ts';

const BUSY = STAGES.map((stage) => `${stage} busy`);
const LATENCY = ['latency p50', 'latency p95', 'latency p99'];
/** A stage that is busier than this holds up the others. */
const FULL = 0.95;

/** The rollup past one machine, or how well it is foretold. */
export function simulateTables({ series }: BenchResult): Table[] {
  const having = (sweep: string) => series.filter(({ labels }) => labels.sweep === sweep);
  const tables: Table[] = [
    {
      title: 'What each stage could do by itself, transfers a second',
      columns: ['shape', 'stage', 'transfers/s'],
      rows: having('limit').map(({ labels, metrics }) => [
        String(labels.shape),
        String(labels.limit),
        count(metrics.transfers!.samples[0]!),
      ]),
    },
    {
      title: 'By load, with the workers and threads of the node that it takes',
      columns: [
        'shape',
        'data',
        'load, 1/s',
        'workers',
        'node threads',
        'final, 1/s',
        'p50',
        'p95',
        'p99',
        ...BUSY,
        'next bottleneck',
      ],
      rows: having('load').map(({ labels, metrics }) => [
        String(labels.shape),
        String(labels.data),
        count(Number(labels.load)),
        cell(metrics, 'workers'),
        cell(metrics, 'node threads'),
        count(metrics['transfers/s']!.samples[0]!),
        ...LATENCY.map((name) => cell(metrics, name)),
        ...BUSY.map((name) => cell(metrics, name)),
        bottleneck(metrics),
      ]),
    },
    {
      title: 'What a transfer costs, by load',
      columns: ['shape', 'data', 'load, 1/s', 'gas', 'blob gas', 'worker time', 'US cents'],
      rows: having('load').map(({ labels, metrics }) => [
        String(labels.shape),
        String(labels.data),
        count(Number(labels.load)),
        cell(metrics, 'gas a transfer'),
        cell(metrics, 'blob gas a transfer'),
        cell(metrics, 'worker time a transfer'),
        (100 * metrics['cost a transfer']!.samples[0]!).toFixed(3),
      ]),
    },
    {
      title: 'By workers, with one thread of the node, and more load than they can prove',
      columns: ['shape', 'workers', 'final, 1/s', ...BUSY, 'bottleneck'],
      rows: having('workers').map(({ labels, metrics }) => [
        String(labels.shape),
        count(Number(labels.workers)),
        count(metrics['transfers/s']!.samples[0]!),
        ...BUSY.map((name) => cell(metrics, name)),
        busiest(metrics, STAGES),
      ]),
    },
    {
      title: 'With failures, at 100 transfers a second',
      columns: ['shape', 'failures', 'final, 1/s', 'p50', 'p95', 'p99', 'workers busy', 'gas'],
      rows: having('failures').map(({ labels, metrics }) => [
        String(labels.shape),
        String(labels.failure),
        count(metrics['transfers/s']!.samples[0]!),
        ...LATENCY.map((name) => cell(metrics, name)),
        cell(metrics, 'workers busy'),
        cell(metrics, 'gas a transfer'),
      ]),
    },
    {
      title: 'The simulation against the pipeline',
      columns: ['shape', 'workers', 'figure', 'measured', 'simulated', 'difference'],
      rows: having('validation').map(({ labels, metrics }) => [
        String(labels.shape),
        String(labels.workers),
        String(labels.figure),
        cell(metrics, 'measured'),
        cell(metrics, 'simulated'),
        `${metrics.difference!.samples[0]! >= 0 ? '+' : ''}${(100 * metrics.difference!.samples[0]!).toFixed(1)}%`,
      ]),
    },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function cell(metrics: Series['metrics'], name: string): string {
  const metric = metrics[name];
  return metric === undefined ? '-' : formatValue(metric.samples[0]!, metric.unit);
}

function count(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(2) : Math.round(value).toLocaleString('en');
}

/** There are as many workers and threads of the node as it takes: what comes next is another stage. */
function bottleneck(metrics: Series['metrics']): string {
  return busiest(metrics, ['redis', 'L1']);
}

function busiest(metrics: Series['metrics'], stages: readonly string[]): string {
  const busy = (stage: string) => metrics[`${stage} busy`]!.samples[0]!;
  const first = [...stages].sort((a, b) => busy(b) - busy(a))[0]!;
  return busy(first) > FULL ? `${first}: full` : first;
}
