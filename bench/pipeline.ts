import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../protocol/error.ts';
import type { BatchReport, DemoReport } from '../scripts/demo/report.ts';
import { runDemo } from '../scripts/demo/run-demo.ts';
import { queueGaps, queueWaits, workersBusy } from './pipeline/job-times.ts';
import { zipfTransfers } from './pipeline/zipf-transfers.ts';
import { type BenchResult, measured, runBenchmark, type Series } from './result.ts';

export interface PipelineOptions {
  readonly shapes: readonly string[];
  readonly workers: readonly number[];
  /** A CSV file as the demo takes it, or a number of made-up transfers. */
  readonly transfers: { readonly file: string } | { readonly zipf: number };
  readonly command: string;
  readonly say: (line: string) => void;
}

/**
 * Runs the whole rollup, from deposits on a local L1 to finality, once for each shape and number of workers. It is the
 * demo with all its checks: a run whose balances are not those of plain arithmetic is refused.
 *
 * @throws {MillraceError} as {@link runDemo}; `internal` / `demo-failed`
 */
export function benchPipeline(options: PipelineOptions): Promise<BenchResult> {
  return runBenchmark({ benchmark: 'pipeline', command: options.command }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    try {
      const transfersFile = await transfersOf(options, folder);
      const series: Series[] = [];
      const queues = new Set<string>();
      for (const shape of options.shapes) {
        for (const workers of options.workers) {
          options.say(`shape ${shape}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`);
          const report = await run(
            { transfersFile, shape, workers, batchFolder: join(folder, 'batch') },
            options.say,
          );
          queues.add(report.queue);
          series.push({ labels: { shape, workers }, metrics: metricsOf(report) });
        }
      }
      return {
        series,
        notes: [
          `Queue: ${[...queues].join(', ')}.`,
          'Latency is from the receipt of an op to its finality on a local L1 that mines at once. What the queue costs is the time from the end of a proof to the start of the same worker’s next one, where that batch was waiting.',
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function transfersOf({ transfers }: PipelineOptions, folder: string): Promise<string> {
  if ('file' in transfers) return transfers.file;
  const path = join(folder, 'transfers.csv');
  await writeFile(path, zipfTransfers(transfers.zipf));
  return path;
}

async function run(options: Parameters<typeof runDemo>[0], say: (line: string) => void): Promise<DemoReport> {
  await using resources = new AsyncDisposableStack();
  const report = await runDemo(
    options,
    (title, step) => {
      say(`  ${title}`);
      return step(() => undefined);
    },
    resources,
  );
  const failed = report.checks.filter(({ ok }) => !ok);
  if (failed.length === 0) return report;
  throw new MillraceError('internal', 'demo-failed', 'What came out is not what plain arithmetic says', {
    details: Object.fromEntries(failed.map(({ name, detail }) => [name, detail])),
  });
}

function metricsOf({ batches, workers, rates, opLatenciesMs }: DemoReport): Series['metrics'] {
  const seconds = (pick: (batch: BatchReport) => number) =>
    measured(
      's',
      batches.map((batch) => pick(batch) / 1000),
    );
  const gaps = queueGaps(batches);
  return {
    'transfers/s': measured('1/s', [rates.transfersPerSecond], 'higher'),
    'proofs/s': measured('1/s', [rates.proofsPerSecond], 'higher'),
    latency: measured(
      's',
      opLatenciesMs.map((ms) => ms / 1000),
    ),
    'workers busy': measured('%', [workersBusy(batches, workers)], 'higher'),
    'wait for a worker': measured('s', queueWaits(batches)),
    witness: seconds(({ witnessMs }) => witnessMs),
    proof: seconds(({ proveMs }) => proveMs),
    ...(gaps.length === 0 ? {} : { 'queue, a job': measured('s', gaps) }),
    'proven to final': seconds(({ finalAtMs, provenAtMs }) => finalAtMs - provenAtMs),
  };
}
