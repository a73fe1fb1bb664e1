import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../protocol/error.ts';
import { THREADS_VARIABLE } from '../prover/threads.ts';
import type { BatchReport, DemoReport } from '../scripts/demo/report.ts';
import { PROVING_STEP, runDemo } from '../scripts/demo/run-demo.ts';
import { finalityBusy, queueGaps, queueWaits, steadyRate, workersBusy } from './pipeline/job-times.ts';
import { proveAlone } from './pipeline/provers-alone.ts';
import { redisSecondsPerJob } from './pipeline/queue-alone.ts';
import { zipfTransfers } from './pipeline/zipf-transfers.ts';
import { type BenchResult, measured, runBenchmark, type Series } from './result.ts';
import { summarize } from './statistics.ts';

export interface PipelineOptions {
  readonly shapes: readonly string[];
  readonly workers: readonly number[];
  /** Of each worker. */
  readonly threads: number;
  /** A CSV file as the demo takes it, or a number of made-up transfers. */
  readonly transfers: { readonly file: string } | { readonly zipf: number };
  readonly command: string;
  readonly say: (line: string) => void;
}

/** Proofs of each prover that is measured without a pipeline, before the run and after it. */
const PROOFS_ALONE = 3;
const JOBS_ALONE = 100;
/** How long a node without work is watched, ms. */
const IDLE_MS = 3_000;

/** Of this process, seconds. */
interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

/** A run of the demo with what it does not tell itself. */
interface Run {
  readonly report: DemoReport;
  /** What this process, the node, used while batches were proven: CPU seconds, and the time that it took. */
  readonly node: Cost;
  /** Share of a CPU that it uses when there is nothing to do. */
  readonly idle: number;
  /** Seconds of each witness and proof of as many provers without a pipeline. */
  readonly alone: readonly number[];
}

/**
 * Runs the whole rollup, from deposits on a local L1 to finality, once for each shape and number of workers. It is the
 * demo with all its checks: a run whose balances are not those of plain arithmetic is refused. Before and after each run as
 * many provers work without a pipeline: what the pipeline loses is what it proves less than they do.
 *
 * @throws {MillraceError} as {@link runDemo}; `internal` / `demo-failed`
 */
export function benchPipeline(options: PipelineOptions): Promise<BenchResult> {
  const { shapes, workers, threads, command, say } = options;
  return runBenchmark({ benchmark: 'pipeline', command }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    try {
      const transfersFile = await transfersOf(options, folder);
      const series: Series[] = [];
      const queues = new Set<string>();
      for (const shape of shapes) {
        say(`shape ${shape}, the queue alone`);
        const redis = await redisSecondsPerJob(shape, JOBS_ALONE);
        for (const count of workers) {
          say(`shape ${shape}, ${count} ${count === 1 ? 'worker' : 'workers'}`);
          const demo = { transfersFile, shape, workers: count, batchFolder: join(folder, 'batch') };
          const measuredRun = await run(demo, threads, say);
          queues.add(measuredRun.report.queue);
          series.push({
            labels: { shape, workers: count, threads },
            metrics: {
              ...metricsOf(measuredRun, count),
              ...(redis === undefined ? {} : { 'Redis CPU, a job': measured('s', [redis]) }),
            },
          });
        }
      }
      return { series, notes: [`Queue: ${[...queues].join(', ')}.`, ...NOTES] };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

const NOTES = [
  'Latency is from the receipt of an op to its finality on a local L1 that mines at once; all ops are sent as fast as the node takes them.',
  'Efficiency: proofs a second of the workers, each from its first proof to its last, over those of as many provers without node, queue and L1, measured before and after the run on the same machine.',
  'The queue’s cost is the time from one proof of a worker to its next one less its work on that, where the batch was waiting; below what the node’s own delays hide it may come out below zero.',
  'Busy: shares of the workers’ time, of one CPU (node: admission, sequencing, checking of proofs, L1 client and the senders’ signatures), and of the time in which a proven batch waited for L1. The node’s CPU for a batch is without what it uses when there is nothing to do.',
];

async function transfersOf({ transfers }: PipelineOptions, folder: string): Promise<string> {
  if ('file' in transfers) return transfers.file;
  const path = join(folder, 'transfers.csv');
  await writeFile(path, zipfTransfers(transfers.zipf));
  return path;
}

async function run(
  options: Parameters<typeof runDemo>[0],
  threads: number,
  say: (line: string) => void,
): Promise<Run> {
  const { shape, workers } = options;
  const alone = () => withThreads(threads, () => proveAlone(shape, workers, PROOFS_ALONE));
  say('  Provers alone');
  const before = await alone();
  const whole = await withThreads(threads * workers, () => runWhole(options, say));
  say('  Provers alone');
  return { ...whole, alone: [...before, ...(await alone())] };
}

async function runWhole(
  options: Parameters<typeof runDemo>[0],
  say: (line: string) => void,
): Promise<Omit<Run, 'alone'>> {
  await using resources = new AsyncDisposableStack();
  let node: Cost = { cpu: 0, wall: 0 };
  const report = await runDemo(
    options,
    async (title, step) => {
      say(`  ${title}`);
      const [result, cost] = await costOf(() => step(() => undefined));
      if (title === PROVING_STEP) node = cost;
      return result;
    },
    resources,
  );
  const failed = report.checks.filter(({ ok }) => !ok);
  if (failed.length === 0) {
    const [, { cpu, wall }] = await costOf(() => sleep(IDLE_MS));
    return { report, node, idle: cpu / wall };
  }
  throw new MillraceError('internal', 'demo-failed', 'What came out is not what plain arithmetic says', {
    details: Object.fromEntries(failed.map(({ name, detail }) => [name, detail])),
  });
}

async function costOf<T>(work: () => Promise<T>): Promise<[result: T, cost: Cost]> {
  const [cpuBefore, startedAt] = [process.cpuUsage(), performance.now()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return [result, { cpu: (user + system) / 1e6, wall: (performance.now() - startedAt) / 1000 }];
}

/** Does something while the provers that are started take so many threads. */
async function withThreads<T>(threads: number, work: () => Promise<T>): Promise<T> {
  const before = process.env[THREADS_VARIABLE];
  process.env[THREADS_VARIABLE] = String(threads);
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env[THREADS_VARIABLE];
    else process.env[THREADS_VARIABLE] = before;
  }
}

/** Batches that became final in the last `seconds` of a run. */
function finalizedWhile(batches: readonly BatchReport[], seconds: number): number {
  const end = Math.max(...batches.map(({ finalAtMs }) => finalAtMs));
  return batches.filter(({ finalAtMs }) => finalAtMs >= end - 1000 * seconds).length;
}

function metricsOf({ report, node, idle, alone }: Run, workers: number): Series['metrics'] {
  const { batches, rates, opLatenciesMs, pipelineMs } = report;
  const seconds = (pick: (batch: BatchReport) => number) =>
    measured(
      's',
      batches.map((batch) => pick(batch) / 1000),
    );
  const gaps = queueGaps(batches);
  const steady = steadyRate(batches);
  return {
    'transfers/s': measured('1/s', [rates.transfersPerSecond], 'higher'),
    'proofs/s': measured('1/s', [rates.proofsPerSecond], 'higher'),
    ...(steady === 0
      ? {}
      : {
          'steady proofs/s': measured('1/s', [steady], 'higher'),
          efficiency: measured('%', [(steady * summarize(alone).median) / workers], 'higher'),
        }),
    makespan: measured('s', [pipelineMs / 1000]),
    latency: measured(
      's',
      opLatenciesMs.map((ms) => ms / 1000),
    ),
    'workers busy': measured('%', [workersBusy(batches)], 'higher'),
    'node busy': measured('%', [node.cpu / node.wall]),
    'node CPU, a batch': measured('s', [
      Math.max(0, node.cpu - idle * node.wall) / finalizedWhile(batches, node.wall),
    ]),
    'L1 busy': measured('%', [finalityBusy(batches)]),
    'wait for a worker': measured('s', queueWaits(batches)),
    witness: seconds(({ witnessMs }) => witnessMs),
    proof: seconds(({ proveMs }) => proveMs),
    'witness and proof, alone': measured('s', [...alone]),
    ...(gaps.length === 0 ? {} : { 'queue, a job': measured('s', gaps) }),
    'proven to final': seconds(({ finalAtMs, provenAtMs }) => finalAtMs - provenAtMs),
    'sealed at': seconds(({ sealedAtMs }) => sealedAtMs),
    'signed ops': measured(
      '',
      batches.map(({ signedOps }) => signedOps),
      'higher',
    ),
  };
}
