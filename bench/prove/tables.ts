import { medianOf, withInterval, withSpread } from '../report/metric-cell.ts';
import { formatValue, type Table } from '../report/table.ts';
import { type BenchResult, type Labels, labelText, type Ratio, type Series } from '../result.ts';
import { CONFIDENCE } from '../statistics.ts';

const STAGE = 'stage ';

/** What a run of `bench prove` found, for people. */
export function proveTables({ series, ratios }: BenchResult): Table[] {
  return [costTable(series), ...ratioTables(ratios), ...stageTables(series)];
}

function costTable(series: readonly Series[]): Table {
  return {
    title: 'One proof: median ± median absolute deviation',
    columns: ['circuit', 'backend', 'run', 'threads', 'CPU', 'wall', 'peak memory', 'proofs'],
    rows: series.map(({ labels, metrics: { cpu, wall, memory } }) => [
      ...names(labels),
      withSpread(cpu),
      withSpread(wall),
      formatValue(Math.max(...memory!.samples), memory!.unit),
      String(cpu!.samples.length),
    ]),
  };
}

function ratioTables(ratios: readonly Ratio[]): Table[] {
  const groups = Map.groupBy(ratios, ({ to }) => `${to.backend} ${to.run}`);
  return [...groups].map(([base, group]) => {
    const series = Map.groupBy(group, ({ of }) => labelText(of));
    return {
      title: `Times the cost of ${base}, with as many threads: ratio of medians [${100 * CONFIDENCE}% interval]`,
      columns: ['circuit', 'backend', 'run', 'threads', 'CPU', 'wall', 'peak memory'],
      rows: [...series.values()].map((metrics) => [
        ...names(metrics[0]!.of),
        ...['cpu', 'wall', 'memory'].map((name) =>
          withInterval(metrics.find(({ metric }) => metric === name)),
        ),
      ]),
    };
  });
}

function stageTables(series: readonly Series[]): Table[] {
  const withStages = series.filter(({ metrics }) => stagesOf(metrics).length > 0);
  if (withStages.length === 0) return [];
  const stages = [...new Set(withStages.flatMap(({ metrics }) => stagesOf(metrics)))];
  return [
    {
      title: 'Where the wall time of a warm proof goes: medians',
      columns: ['circuit', 'backend', 'threads', ...stages, 'opening the key, once'],
      rows: withStages.map(({ labels, metrics }) => [
        String(labels.circuit),
        String(labels.backend),
        String(labels.threads),
        ...stages.map((stage) => medianOf(metrics[STAGE + stage])),
        medianOf(metrics['opening wall']),
      ]),
    },
  ];
}

function stagesOf(metrics: Series['metrics']): string[] {
  return Object.keys(metrics)
    .filter((name) => name.startsWith(STAGE))
    .map((name) => name.slice(STAGE.length));
}

function names({ circuit, backend, run, threads }: Labels): string[] {
  return [circuit, backend, run, threads].map(String);
}
