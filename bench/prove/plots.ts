import type { Plot } from '../report/plots.ts';
import type { BenchResult, Labels } from '../result.ts';
import { summarize } from '../statistics.ts';

/** Plots of a run of `bench prove`. */
export function provePlots(result: BenchResult): Plot[] {
  return [...costPlots(result), ...ratioPlots(result), ...sizePlots(result), ...stagePlots(result)];
}

/** One for each circuit: bars are medians, ticks the single proofs. */
function costPlots(result: BenchResult): Plot[] {
  const circuits = Map.groupBy(result.series, ({ labels }) => String(labels.circuit));
  return [...circuits].map(([circuit, series]) => {
    const named = series.map(({ labels, metrics }) => ({
      name: { contender: contender(labels), backend: String(labels.backend) },
      samples: metrics.cpu!.samples,
    }));
    return {
      title: `CPU time of one proof: ${circuit}`,
      spec: {
        encoding: {
          y: { field: 'contender', type: 'nominal', title: null, sort: null },
          x: { field: 'seconds', type: 'quantitative', title: 'CPU seconds: median, and each proof' },
        },
        layer: [
          {
            data: {
              values: named.map(({ name, samples }) => ({ ...name, seconds: summarize(samples).median })),
            },
            mark: { type: 'bar', opacity: 0.65 },
            encoding: { color: backendColour(result) },
          },
          {
            data: {
              values: named.flatMap(({ name, samples }) => samples.map((seconds) => ({ ...name, seconds }))),
            },
            mark: { type: 'tick', color: '#1b1f24', thickness: 1.5 },
          },
        ],
      },
    };
  });
}

/** One colour for a backend in all plots. */
function backendColour({ series }: BenchResult) {
  const domain = [...new Set(series.map(({ labels }) => String(labels.backend)))];
  return { field: 'backend', type: 'nominal', title: 'backend', scale: { domain } } as const;
}

function ratioPlots(result: BenchResult): Plot[] {
  const groups = Map.groupBy(
    result.ratios.filter(({ metric }) => metric === 'cpu'),
    ({ to }) => `${to.backend} ${to.run}`,
  );
  return [...groups].map(([base, group]) => ({
    title: `CPU time, times that of ${base}`,
    spec: {
      data: {
        values: group.map(({ of, ratio, low, high }) => ({
          series: `${of.circuit}: ${contender(of)}`,
          backend: of.backend,
          ratio,
          low,
          high,
        })),
      },
      layer: [
        {
          encoding: {
            y: { field: 'series', type: 'nominal', title: null, sort: null },
            color: backendColour(result),
          },
          layer: [
            {
              mark: { type: 'rule', strokeWidth: 2 },
              encoding: {
                x: {
                  field: 'low',
                  type: 'quantitative',
                  title: 'ratio of medians, 95% interval',
                  scale: { zero: true },
                },
                x2: { field: 'high' },
              },
            },
            {
              mark: { type: 'point', filled: true, size: 70 },
              encoding: { x: { field: 'ratio', type: 'quantitative' } },
            },
          ],
        },
        { mark: { type: 'rule', strokeDash: [4, 4], color: '#57606a' }, encoding: { x: { datum: 1 } } },
      ],
    },
  }));
}

/**
 * Where contenders were measured on circuits of several sizes: their time by size, and the power of the size that fits it best.
 * @param series of one `bench prove` or of several
 */
export function sizePlots({ series }: Pick<BenchResult, 'series'>): Plot[] {
  const sizes = Map.groupBy(series, ({ labels }) => contender(labels));
  const values = series
    .filter(({ labels }) => new Set(sizes.get(contender(labels))!.map((one) => one.labels.k)).size > 1)
    .map(({ labels, metrics }) => ({
      contender: contender(labels),
      rows: 2 ** Number(labels.k),
      circuit: labels.circuit,
      cpu: summarize(metrics.cpu!.samples).median,
    }));
  const rows = [...new Set(values.map((value) => value.rows))];
  if (rows.length < 2) return [];
  const scales = {
    x: {
      field: 'rows',
      type: 'quantitative',
      title: "rows of the circuit's domain",
      scale: { type: 'log', base: 2 },
      axis: { values: rows, labelExpr: "'2^' + round(log(datum.value) / LN2)" },
    },
    y: { field: 'cpu', type: 'quantitative', title: 'CPU seconds of one proof', scale: { type: 'log' } },
    color: { field: 'contender', type: 'nominal', title: null },
  } as const;
  return [
    {
      title: 'CPU time by size, with the power curve that fits best',
      spec: {
        data: { values },
        encoding: scales,
        layer: [
          { mark: { type: 'point', filled: true, size: 60 } },
          {
            transform: [{ regression: 'cpu', on: 'rows', method: 'pow', groupby: ['contender'] }],
            mark: { type: 'line' },
          },
        ],
      },
    },
  ];
}

function stagePlots({ series }: BenchResult): Plot[] {
  const values = series.flatMap(({ labels, metrics }) =>
    Object.entries(metrics)
      .filter(([name]) => name.startsWith('stage '))
      .map(([name, { samples }], place) => ({
        place,
        series: `${labels.circuit}: ${contender(labels)}`,
        stage: name.slice('stage '.length),
        seconds: summarize(samples).median,
      })),
  );
  if (values.length === 0) return [];
  return [
    {
      title: 'Stages of a warm proof',
      spec: {
        data: { values },
        mark: 'bar',
        encoding: {
          y: { field: 'series', type: 'nominal', title: null, sort: null },
          x: {
            field: 'seconds',
            type: 'quantitative',
            stack: 'zero',
            title: 'seconds of wall time, medians',
          },
          color: { field: 'stage', type: 'nominal', sort: null },
          order: { field: 'place' },
        },
      },
    },
  ];
}

function contender({ backend, run, threads }: Labels): string {
  return `${backend} ${run}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
