import type { BenchResult, Labels, Metric } from './result.ts';
import { chanceOfDifference, summarize } from './statistics.ts';

/** Differences that chance makes less often than this count as changes. */
export const SIGNIFICANCE = 0.05;

export interface Change {
  readonly labels: Labels;
  readonly metric: string;
  readonly unit: string;
  /** Medians. */
  readonly before: number;
  readonly after: number;
  /** See {@link chanceOfDifference}; undefined for exact counts. */
  readonly chance?: number;
  readonly verdict: 'better' | 'worse' | 'same';
}

export interface Comparison {
  readonly changes: readonly Change[];
  /** Labels of series that only one of the results has. */
  readonly gone: readonly Labels[];
  readonly added: readonly Labels[];
}

/** What changed from one result to another of the same benchmark. Metrics that only one of them has are left out. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison {
  const known = new Map(before.series.map((series) => [keyOf(series.labels), series]));
  const kept = new Set<string>();
  const changes: Change[] = [];
  const added: Labels[] = [];
  for (const { labels, metrics } of after.series) {
    const key = keyOf(labels);
    const old = known.get(key);
    if (old === undefined) {
      added.push(labels);
      continue;
    }
    kept.add(key);
    for (const [name, metric] of Object.entries(metrics)) {
      const oldMetric = old.metrics[name];
      if (oldMetric !== undefined) changes.push({ labels, metric: name, ...changeOf(oldMetric, metric) });
    }
  }
  const gone = before.series.filter(({ labels }) => !kept.has(keyOf(labels))).map(({ labels }) => labels);
  return { changes, gone, added };
}

function changeOf(before: Metric, after: Metric): Omit<Change, 'labels' | 'metric'> {
  const medians = { before: summarize(before.samples).median, after: summarize(after.samples).median };
  const { unit, exact, better } = after;
  const chance = exact ? undefined : chanceOfDifference(before.samples, after.samples);
  const isSame = medians.before === medians.after || (chance ?? 0) >= SIGNIFICANCE;
  const isBetter = better === 'lower' ? medians.after < medians.before : medians.after > medians.before;
  return {
    unit,
    ...medians,
    ...(chance === undefined ? {} : { chance }),
    verdict: isSame ? 'same' : isBetter ? 'better' : 'worse',
  };
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
