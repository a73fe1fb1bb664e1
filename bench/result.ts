import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { MillraceError } from '../protocol/error.ts';
import { currentCommit, describeMachine } from './machine/description.ts';
import { LoadWatch } from './machine/load.ts';

const finite = z.number();
const labelsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

const metricSchema = z.strictObject({
  /** `s`, `bytes`, `1/s`, `constraints`, `gas`, ... */
  unit: z.string(),
  /** An exact count, which is the same in every run; else a measurement. */
  exact: z.boolean(),
  better: z.enum(['lower', 'higher']),
  /** One for each round, in the order of the rounds. */
  samples: z.array(finite).min(1),
});

const seriesSchema = z.strictObject({
  /** What was measured; no two series of a result have the same labels. */
  labels: labelsSchema,
  metrics: z.record(z.string(), metricSchema),
});

const ratioSchema = z.strictObject({
  metric: z.string(),
  /** Labels of the two series. */
  of: labelsSchema,
  to: labelsSchema,
  /** Median of `of` over median of `to`, and its confidence interval. */
  ratio: finite,
  low: finite,
  high: finite,
});

const machineSchema = z.strictObject({
  cpu: z.string(),
  architecture: z.string(),
  flags: z.array(z.string()),
  logicalCpus: z.int(),
  usableCpus: z.int(),
  virtual: z.boolean(),
  governor: z.string(),
  memoryBytes: z.int(),
  system: z.string(),
  node: z.string(),
});

const loadSchema = z.strictObject({
  /** Load average of a minute. */
  before: finite,
  after: finite,
  /** Of all CPU time during the run: what other programs used, and what the hypervisor gave to others. */
  othersShare: finite,
  stealShare: finite,
});

/** The one format of all benchmarks' results. Medians and spreads are not stored: they follow from the samples. */
export const resultSchema = z.strictObject({
  format: z.literal('millrace-bench-1'),
  benchmark: z.enum([
    'prove',
    'circuits',
    'pipeline',
    'admission',
    'arithmetic',
    'gas',
    'restore',
    'simulate',
  ]),
  /** What to type to measure it again. */
  command: z.string(),
  startedAt: z.iso.datetime(),
  commit: z.string().optional(),
  machine: machineSchema,
  load: loadSchema,
  warnings: z.array(z.string()),
  /** Facts that explain the figures, in sentences. */
  notes: z.array(z.string()),
  series: z.array(seriesSchema),
  ratios: z.array(ratioSchema),
});

export type BenchResult = z.infer<typeof resultSchema>;
export type Series = z.infer<typeof seriesSchema>;
export type Metric = z.infer<typeof metricSchema>;
export type Ratio = z.infer<typeof ratioSchema>;
export type Labels = z.infer<typeof labelsSchema>;
export type MachineDescription = z.infer<typeof machineSchema>;
export type MachineLoad = z.infer<typeof loadSchema>;

/** What a benchmark itself finds; {@link runBenchmark} adds the rest. */
export interface Findings {
  readonly series: Series[];
  readonly ratios?: Ratio[];
  readonly notes?: string[];
  readonly warnings?: string[];
}

/** Runs a benchmark and writes down what it ran on. When `measure` ends, all its child processes must have ended. */
export async function runBenchmark(
  { benchmark, command }: Pick<BenchResult, 'benchmark' | 'command'>,
  measure: () => Promise<Findings>,
): Promise<BenchResult> {
  const machine = describeMachine();
  const commit = currentCommit();
  const startedAt = new Date().toISOString();
  const watch = new LoadWatch(machine.logicalCpus);
  const { series, ratios = [], notes = [], warnings = [] } = await measure();
  const load = watch.end();
  return {
    format: 'millrace-bench-1',
    benchmark,
    command,
    startedAt,
    ...(commit === undefined ? {} : { commit }),
    machine,
    load,
    warnings: [...(isExact({ series }) ? [] : watch.warnings(load)), ...warnings],
    notes,
    series,
    ratios,
  };
}

/** Whether all figures are counts, which no load of the machine changes. */
export function isExact({ series }: Pick<BenchResult, 'series'>): boolean {
  return series.every(({ metrics }) => Object.values(metrics).every(({ exact }) => exact));
}

/** A measurement of which less is better. */
export function measured(unit: string, samples: number[], better: Metric['better'] = 'lower'): Metric {
  return { unit, exact: false, better, samples };
}

/** An exact count of which less is better. */
export function counted(unit: string, count: number, better: Metric['better'] = 'lower'): Metric {
  return { unit, exact: true, better, samples: [count] };
}

/** One name for a series. */
export function labelText(labels: Labels): string {
  return Object.values(labels).join(' ');
}

/** @throws {MillraceError} `input` / `unreadable-file`, `bad-result` */
export async function readResult(path: string): Promise<BenchResult> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new MillraceError('input', 'unreadable-file', 'The result cannot be read', {
      details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Check the path.',
      cause,
    });
  }
  return parseResult(text, path);
}

/** @throws {MillraceError} `input` / `bad-result` */
export function parseResult(text: string, path: string): BenchResult {
  const fail = (problem: unknown): MillraceError =>
    new MillraceError('input', 'bad-result', 'This is not the result of a benchmark', {
      details: { file: path, problem },
      fix: 'Pass a file that millrace bench wrote with --json.',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : String(cause));
  }
  const parsed = resultSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw fail(`${issue?.path.join('.')}: ${issue?.message}`);
}
