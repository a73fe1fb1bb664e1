import { quantile } from 'simple-statistics';
import { Random } from '../../scripts/random.ts';
import { Clock } from './clock.ts';
import { L1Stage } from './l1-stage.ts';
import type { Model } from './model.ts';
import { type Service, Station } from './station.ts';

/** What a simulated rollup did in the second half of a run, when it has settled. */
export interface Outcome {
  /** Final ones a second. */
  readonly transfersPerSecond: number;
  /** From the arrival of a transfer to its finality, seconds; undefined where none became final. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
  /** Share of what each stage could do. */
  readonly utilization: Readonly<Record<Stage, number>>;
  /** Of all that are final, in the whole run. */
  readonly gasPerTransfer: number;
  readonly blobGasPerTransfer: number;
  /** Seconds of a worker for each proven transfer, in the whole run. */
  readonly workerSecondsPerTransfer: number;
}

export const STAGES = ['node', 'redis', 'workers', 'L1'] as const;
export type Stage = (typeof STAGES)[number];

/** Transfers of a batch whose latency is kept: first, last, and some between. */
const SAMPLES = 4;

interface Batch {
  readonly size: number;
  /** Arrivals of some of its transfers. */
  readonly arrivals: readonly number[];
}

/**
 * Simulates a rollup, event by event: transfers arrive, fill batches, and go through node, queue, workers and L1, each a station
 * of a queueing network. The node lets a batch's transfers in together, when the batch is closed: one of them waits some milliseconds
 * longer than it would. The same seed gives the same run.
 *
 * @param seconds of simulated time; what is not final by then does not count
 */
export function simulate(model: Model, { seed, seconds }: { seed: number; seconds: number }): Outcome {
  const random = new Random(seed);
  const clock = new Clock();
  const batches: Batch[] = [];
  const latencies: number[] = [];
  let [final, finalLate, proven, proveSeconds] = [0, 0, 0, 0];
  const node = new Station(clock, model.node.threads);
  const redis = new Station(clock, 1);
  const workers = new Station(clock, model.workers.count);
  const l1 = new L1Stage(clock, model, random, (number) => {
    const { size, arrivals } = batches[number]!;
    final += size;
    if (clock.now < seconds / 2) return;
    finalLate += size;
    for (const arrival of arrivals) latencies.push(clock.now - arrival);
  });

  const prove = (number: number): void => {
    const { prove: times, handOver } = model.workers;
    const { crashesAnHour, lock, restart } = model.failures;
    workers.add((): Service => {
      const work = handOver + random.pick(times);
      const crashAfter = exponential(random, crashesAnHour / 3600);
      if (crashAfter < work) {
        return { taken: crashAfter + restart, doneAfter: crashAfter + lock, done: () => prove(number) };
      }
      proveSeconds += work;
      proven += batches[number]!.size;
      return { taken: work, done: () => l1.proven(number) };
    });
  };
  const queue = (number: number): void => {
    const { lostJobs, sweep } = model.failures;
    redis.add(() => ({
      taken: model.redis.job,
      done: () => {
        if (random.fraction() < lostJobs) clock.after(sweep, () => queue(number));
        else prove(number);
      },
    }));
  };
  const seal = (batch: Batch): void => {
    const number = batches.push(batch) - 1;
    const { admission, batch: ofBatch } = model.node;
    node.add(() => ({ taken: batch.size * admission + ofBatch, done: () => queue(number) }));
  };
  fillBatches(model, clock, random, seconds, seal);
  const busy = (): number[] => {
    const { blockGas, mostCalls, slot } = model.l1;
    const { threads } = model.node;
    return [
      node.busySeconds / threads,
      redis.busySeconds,
      workers.busySeconds / model.workers.count,
      slot * Math.max(l1.gas / blockGas, l1.calls / mostCalls),
    ];
  };
  const half = seconds / 2;
  clock.run(half);
  const before = busy();
  clock.run(seconds);
  const busyShares = busy().map((all, i) => Math.min(1, (all - before[i]!) / half));

  const at = (share: number) => quantile(latencies, share);
  return {
    transfersPerSecond: finalLate / half,
    latency: latencies.length === 0 ? undefined : { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    utilization: Object.fromEntries(STAGES.map((stage, i) => [stage, busyShares[i]])) as Record<
      Stage,
      number
    >,
    gasPerTransfer: l1.gas / Math.max(1, final),
    blobGasPerTransfer: (l1.calls * model.l1.blobGas) / Math.max(1, final),
    workerSecondsPerTransfer: proveSeconds / Math.max(1, proven),
  };
}

/** Draws arrivals, and closes batches when they are full or too old. */
function fillBatches(
  { arrivals: rate, batch: { size, age } }: Model,
  clock: Clock,
  random: Random,
  end: number,
  seal: (batch: Batch) => void,
): void {
  const stride = Math.max(1, Math.floor(size / SAMPLES));
  /** @param first arrival of the batch's first transfer, which is drawn already */
  const fill = (first: number): void => {
    const kept = [first];
    let [count, last] = [1, first];
    let next = first + exponential(random, rate);
    for (; count < size && next <= first + age; next = last + exponential(random, rate)) {
      last = next;
      count += 1;
      if (count % stride === 0) kept.push(last);
    }
    const closed = count === size ? last : first + age;
    clock.at(closed, () => {
      seal({ size: count, arrivals: kept });
      if (next <= end) fill(next);
    });
  };
  const first = exponential(random, rate);
  if (first <= end) fill(first);
}

/** Time to the next event of a Poisson process. @param rate a second; 0: never */
function exponential(random: Random, rate: number): number {
  return rate === 0 ? Number.POSITIVE_INFINITY : -Math.log(1 - random.fraction()) / rate;
}
