import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { THREADS_VARIABLE } from '../prover/threads.ts';
import type { DemoOptions } from '../scripts/demo/run-demo.ts';
import { efficiencyWarnings, runName } from './pipeline/efficiency-warnings.ts';
import { type AloneRun, proveAlone } from './pipeline/provers-alone.ts';
import { redisSecondsPerJob } from './pipeline/queue-alone.ts';
import { type Round, roundMetrics } from './pipeline/round-metrics.ts';
import { runWhole, type WholeRun } from './pipeline/whole-run.ts';
import { zipfTransfers } from './pipeline/zipf-transfers.ts';
import { type BenchResult, measured, runBenchmark, type Series } from './result.ts';

export interface PipelineOptions {
  readonly shapes: readonly string[];
  readonly workers: readonly number[];
  /** Of each worker. */
  readonly threads: number;
  /** A CSV file as the demo takes it, or a number of made-up transfers. */
  readonly transfers: { readonly file: string } | { readonly zipf: number };
  /** Rounds of each number of workers. */
  readonly repeat: number;
  readonly command: string;
  readonly say: (line: string) => void;
}

/** Jobs through Redis without a pipeline. */
const JOBS_ALONE = 100;

/**
 * Runs the whole rollup, from deposits on a local L1 to finality, several rounds for each shape and number of workers. Before and after
 * each run as many provers make the proofs of the same batches without a pipeline: what the pipeline loses is what it proves less than
 * they do, right beside it in time, so that what slows a whole round down cancels out. A first run of each shape is there for its batches alone.
 *
 * @throws {MillraceError} as {@link runWhole} and {@link proveAlone}
 */
export function benchPipeline(options: PipelineOptions): Promise<BenchResult> {
  const { shapes, command } = options;
  return runBenchmark({ benchmark: 'pipeline', command }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    try {
      const transfersFile = await transfersOf(options, folder);
      const series: Series[] = [];
      const queues = new Set<string>();
      for (const shape of shapes) {
        const demo = { transfersFile, shape, batchFolder: join(folder, 'batch') };
        for (const { workers, rounds, redis } of await measureShape(demo, options)) {
          for (const { whole } of rounds) queues.add(whole.report.queue);
          series.push({
            labels: { shape, workers, threads: options.threads },
            metrics: {
              ...roundMetrics(rounds),
              ...(redis === undefined ? {} : { 'Redis CPU, a job': measured('s', [redis]) }),
            },
          });
        }
      }
      return {
        series,
        notes: [`Queue: ${[...queues].join(', ')}.`, ...NOTES],
        warnings: efficiencyWarnings(series),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** What was measured of one shape with one number of workers. */
interface Measured {
  readonly workers: number;
  readonly rounds: readonly Round[];
  /** CPU seconds of Redis for a job; undefined where there is none. */
  readonly redis: number | undefined;
}

async function measureShape(
  demo: Omit<DemoOptions, 'workers' | 'takeInput'>,
  { workers, threads, repeat, say }: PipelineOptions,
): Promise<Measured[]> {
  const { shape } = demo;
  const whole = (count: number): Promise<WholeRun> =>
    withThreads(threads * count, () => runWhole({ ...demo, workers: count }, say));
  const alone = (count: number, inputs: WholeRun['inputs']): Promise<AloneRun> => {
    say('    Provers alone');
    return withThreads(threads, () => proveAlone(shape, count, inputs));
  };
  say(`${shape}, the queue alone`);
  const redis = await redisSecondsPerJob(shape, JOBS_ALONE);
  say(`${shape}, its batches`);
  let { inputs } = await whole(workers[0]!);
  const found: Measured[] = [];
  for (const count of workers) {
    say(runName({ shape, workers: count }));
    const rounds: Round[] = [];
    let before = await alone(count, inputs);
    for (let round = 1; round <= repeat; round++) {
      say(`  round ${round} of ${repeat}`);
      const run = await whole(count);
      inputs = run.inputs;
      const after = await alone(count, inputs);
      rounds.push({ alone: [before, after], whole: run });
      before = after;
    }
    found.push({ workers: count, rounds, redis });
  }
  return found;
}

const NOTES = [
  'Latency is from the receipt of an op to its finality on a local L1 that mines at once; all ops are sent as fast as the node takes them.',
  'Efficiency, of each round: proofs a second of the workers, each from its first proof to its last, over those of as many provers that prove the same batches without node, queue and L1, the mean of right before and right after.',
  'CPU efficiency: CPU seconds of a proof alone over those of a proof in the pipeline, start of the prover and opening of the key included in both. Where there are as many workers as CPUs, what the others use is time that the provers do not get.',
  'CPU of a batch: all that a process used from the first deposit to the last finality. The node admits, sequences, checks proofs and follows L1, and here also signs for the senders; at work: while batches were proven, without what it uses when there is nothing to do. A job alone: a hundred jobs through Redis and nothing else.',
  'The queue’s cost is the time from one proof of a worker to its next one less its work on that, where the batch was waiting; below what the node’s own delays hide it may come out below zero.',
  'Busy: shares of the workers’ time, of one CPU (node), and of the time in which a proven batch waited for L1.',
];

async function transfersOf({ transfers }: PipelineOptions, folder: string): Promise<string> {
  if ('file' in transfers) return transfers.file;
  const path = join(folder, 'transfers.csv');
  await writeFile(path, zipfTransfers(transfers.zipf));
  return path;
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
