import { quantile } from 'simple-statistics';
import { MillraceError } from '../../protocol/error.ts';
import { Random } from '../../scripts/random.ts';
import type { BenchResult, Series } from '../result.ts';
import { summarize } from '../statistics.ts';
import { Clock } from './clock.ts';
import { Station } from './station.ts';

/** Runs of the simulation of each round; the median of all is the prediction. */
const RUNS = 51;
/** A machine's speed drifts: a batch draws its times from those of so many batches before it and after it. */
const NEIGHBOURS = 3;

/** What the pipeline did, and what the simulation says of it. */
export interface Comparison {
  readonly shape: string;
  readonly workers: number;
  readonly figures: readonly { readonly name: Figure; readonly real: number; readonly simulated: number }[];
}

/** Final transfers a second; and from the closing of a batch to its finality, seconds. */
export const FIGURES = ['transfers/s', 'batch to final p50', 'batch to final p95'] as const;
export type Figure = (typeof FIGURES)[number];

interface Trace {
  readonly workers: number;
  readonly sealedAt: readonly number[];
  /** Transfers of each batch. */
  readonly ops: readonly number[];
  /** Times of single batches, of which each simulated one draws its own. */
  readonly prove: readonly number[];
  readonly handOver: readonly number[];
  readonly finality: readonly number[];
  /** For a worker. The first batch finds an idle one: it waits for nothing but the start of the prover. */
  readonly waits: readonly number[];
}

/**
 * Simulates runs of `bench pipeline`: batches come when they came, every other time is drawn from those that were measured of the
 * batches around, so that what is tested is the network of stations: who waits for whom, and for how long.
 *
 * @throws {MillraceError} `input` / `bad-calibration`
 */
export function validate({ series }: BenchResult, seed: number): Comparison[] {
  return series.map((run) => {
    const traces = tracesOf(run);
    const random = new Random(seed);
    const runs = traces.flatMap((trace) => Array.from({ length: RUNS }, () => replay(trace, random)));
    const real = traces.map((trace) => figuresOf(trace, realFinality(trace)));
    const medianOf = (all: readonly Record<Figure, number>[], name: Figure) =>
      summarize(all.map((one) => one[name])).median;
    return {
      shape: String(run.labels.shape),
      workers: Number(run.labels.workers),
      figures: FIGURES.map((name) => ({
        name,
        real: medianOf(real, name),
        simulated: medianOf(runs, name),
      })),
    };
  });
}

/** One for each round. */
function tracesOf({ labels, metrics }: Series): Trace[] {
  const samples = (name: string): number[] => {
    const found = metrics[name]?.samples;
    if (found !== undefined) return found;
    throw new MillraceError(
      'input',
      'bad-calibration',
      'The result lacks a figure that the simulation needs',
      {
        details: { figure: name, ...labels },
        fix: 'Pass a result of bench pipeline that this version wrote, with more batches than workers.',
      },
    );
  };
  const witness = samples('witness');
  const prove = samples('proof').map((seconds, i) => seconds + witness[i]!);
  let end = 0;
  return samples('batches').map((batches) => {
    const start = end;
    end += batches;
    const ofRound = (all: readonly number[]) => all.slice(start, end);
    return {
      workers: Number(labels.workers),
      sealedAt: ofRound(samples('sealed at')),
      ops: ofRound(samples('signed ops')),
      prove: ofRound(prove),
      handOver: samples('queue, a job'),
      finality: ofRound(samples('proven to final')),
      waits: ofRound(samples('wait for a worker')),
    };
  });
}

function realFinality({ sealedAt, waits, prove, finality }: Trace): number[] {
  return sealedAt.map((sealed, i) => sealed + waits[i]! + prove[i]! + finality[i]!);
}

function replay(trace: Trace, random: Random): Record<Figure, number> {
  const clock = new Clock();
  const workers = new Station(clock, trace.workers);
  const finalAt: number[] = [];
  let started = 0;
  for (const [i, sealed] of trace.sealedAt.entries()) {
    const near = (times: readonly number[]) =>
      random.pick(times.slice(Math.max(0, i - NEIGHBOURS), i + NEIGHBOURS + 1));
    clock.at(sealed, () =>
      workers.add(() => {
        started += 1;
        const before = started <= trace.workers ? trace.waits[0]! : random.pick(trace.handOver);
        return {
          taken: Math.max(0, before + near(trace.prove)),
          done: () => {
            finalAt[i] = clock.now + near(trace.finality);
          },
        };
      }),
    );
  }
  clock.run();
  // A batch is final when all before it are.
  let latest = 0;
  const inOrder = finalAt.map((time) => {
    latest = Math.max(latest, time);
    return latest;
  });
  return figuresOf(trace, inOrder);
}

function figuresOf({ sealedAt, ops }: Trace, finalAt: readonly number[]): Record<Figure, number> {
  const transfers = ops.reduce((sum, count) => sum + count, 0);
  const times = finalAt.map((time, i) => time - sealedAt[i]!);
  return {
    'transfers/s': transfers / Math.max(...finalAt),
    'batch to final p50': quantile(times, 0.5),
    'batch to final p95': quantile(times, 0.95),
  };
}
