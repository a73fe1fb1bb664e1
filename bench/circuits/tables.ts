import { formatValue, type Table } from '../report/table.ts';
import type { BenchResult, Series } from '../result.ts';

/** Sizes of circuits, for people. */
export function circuitTables({ series }: BenchResult): Table[] {
  const having = (label: string) => series.filter(({ labels }) => label in labels);
  return [
    {
      title: 'Parts of the batch circuit, constraints',
      columns: ['part', 'depth', 'M', 'constraints'],
      rows: having('part').map(({ labels, metrics }) => [
        String(labels.part),
        text(labels.depth),
        text(labels.m),
        value(metrics, 'constraints'),
      ]),
    },
    {
      title: 'Shapes that ship',
      columns: ['shape', 'constraints', 'of its domain', 'witnesses', 'non-zeros A', 'B', 'C', 'counted'],
      rows: having('shape').map(({ labels, metrics }) => [
        String(labels.shape),
        value(metrics, 'constraints'),
        ofDomain(metrics),
        value(metrics, 'witnesses'),
        value(metrics, 'non-zeros in A'),
        value(metrics, 'non-zeros in B'),
        value(metrics, 'non-zeros in C'),
        text(labels.counted),
      ]),
    },
    {
      title: 'One more transfer',
      columns: ['slots', 'depth', 'from N to 2N', 'constraints', 'counted'],
      rows: having('transfer').map(({ labels, metrics }) => [
        String(labels.transfer),
        text(labels.depth),
        text(labels.n),
        value(metrics, 'constraints'),
        text(labels.counted),
      ]),
    },
    {
      title: 'One more transfer elsewhere, same compiler',
      columns: ['circuit', 'depth', 'constraints', 'source'],
      rows: having('peer').map(({ labels, metrics }) => [
        String(labels.peer),
        text(labels.depth),
        value(metrics, 'constraints'),
        text(labels.source),
      ]),
    },
  ];
}

function text(label: string | number | undefined): string {
  return label === undefined ? '' : String(label);
}

function value(metrics: Series['metrics'], name: string): string {
  const metric = metrics[name];
  return metric === undefined ? '' : formatValue(metric.samples[0]!, metric.unit);
}

/** The rows of a Groth16 domain are the constraints, one for each public input, and one. */
function ofDomain({ constraints, domain }: Series['metrics']): string {
  if (constraints === undefined) return '';
  const PUBLIC_ROWS = 4;
  const rows = constraints.samples[0]! + PUBLIC_ROWS;
  const size = domain?.samples[0] ?? 2 ** Math.ceil(Math.log2(rows));
  return `${((100 * rows) / size).toFixed(1)}% of 2^${Math.log2(size)}`;
}
