import { type BenchResult, counted, type Labels, runBenchmark, type Series } from './result.ts';
import {
  calibrate,
  type DataPlace,
  hasBlobs,
  type Measurements,
  type Surroundings,
} from './simulate/calibration.ts';
import { type Failures, type Model, NO_FAILURES } from './simulate/model.ts';
import { type Outcome, STAGES, simulate } from './simulate/rollup.ts';
import { validate } from './simulate/validation.ts';

export interface Prices {
  /** Gwei. */
  readonly gas: number;
  /** US dollars for an ETH, and for an hour of one CPU. */
  readonly eth: number;
  readonly cpuHour: number;
}

export interface SimulateOptions {
  readonly measurements: Measurements;
  readonly shapes: readonly string[];
  /** Transfers a second. */
  readonly loads: readonly number[];
  readonly workers: readonly number[];
  /** Simulated seconds of each run. */
  readonly seconds: number;
  readonly seed: number;
  readonly prices: Prices;
  readonly command: string;
}

const SURROUNDINGS: Surroundings = {
  // Of mainnet since November 2025 and, for blobs, January 2026; and what one rollup may have of it.
  blockGas: 60_000_000,
  blobs: 14,
  blockShare: 0.5,
  // The node's default.
  batchAge: 10,
};
/** Blob gas costs at least this share of what gas costs (EIP-7918). */
const BLOB_PRICE = 1 / 16;
/** Workers for a load, and threads of the node, are so many that they are busy for this share of the time. */
const MOST_BUSY = 0.8;
/** A run by workers gets this times what they can prove. */
const OVERLOAD = 1.2;
/** More arrivals than this show nothing more, and take long. */
const MOST_ARRIVALS = 20_000;
/** What is tried at this load. */
const FAILURES_AT = 100;
const FAILURES: readonly { readonly name: string; readonly failures: Failures }[] = [
  { name: 'none', failures: NO_FAILURES },
  { name: 'each worker crashes once an hour', failures: { ...NO_FAILURES, crashesAnHour: 1 } },
  { name: 'each worker crashes ten times an hour', failures: { ...NO_FAILURES, crashesAnHour: 10 } },
  { name: 'the queue loses one job in a hundred', failures: { ...NO_FAILURES, lostJobs: 0.01 } },
  { name: 'one transaction in ten fails', failures: { ...NO_FAILURES, failedTransactions: 0.1 } },
  { name: 'one block in twenty is dropped', failures: { ...NO_FAILURES, reorgs: 0.05 } },
];

/**
 * Simulates the rollup past one machine, from measured times: by load with as many workers and threads of the node as it takes, by workers
 * with one thread and more load than they can prove, and with failures. Deterministic: the same measurements and seed give the same result.
 *
 * @throws {MillraceError} as {@link calibrate}
 */
export function benchSimulate(options: SimulateOptions): Promise<BenchResult> {
  const { measurements, shapes, loads, workers, prices, command } = options;
  return runBenchmark({ benchmark: 'simulate', command }, async () => {
    const series: Series[] = [];
    for (const shape of shapes) {
      const model = calibrate(measurements, shape, { surroundings: SURROUNDINGS, data: 'calldata' });
      const blobs = hasBlobs(measurements.gas)
        ? [calibrate(measurements, shape, { surroundings: SURROUNDINGS, data: 'blob' })]
        : [];
      const add = (labels: Labels, changed: Model) => {
        const metrics = metricsOf(simulate(changed, options), changed, prices);
        series.push({ labels: { shape, ...labels }, metrics });
      };
      for (const [limit, rate] of [...ceilings(model), ...blobs.flatMap(l1Ceiling)]) {
        series.push({
          labels: { shape, sweep: 'limit', limit },
          metrics: { transfers: counted('1/s', rate, 'higher') },
        });
      }
      for (const one of [model, ...blobs]) {
        for (const load of loads)
          add({ sweep: 'load', load, data: dataOf(one) }, sizedFor({ ...one, arrivals: load }));
      }
      for (const count of workers) {
        const arrivals = Math.min(MOST_ARRIVALS, OVERLOAD * count * proofRate(model) * model.batch.size);
        const batch = { ...model.batch, age: Number.POSITIVE_INFINITY };
        add({ sweep: 'workers', workers: count }, { ...withWorkers(model, count), batch, arrivals });
      }
      for (const { name: failure, failures } of FAILURES) {
        add({ sweep: 'failures', failure }, sizedFor({ ...model, arrivals: FAILURES_AT, failures }));
      }
    }
    return { series, notes: notes(options) };
  });
}

/**
 * Simulates the runs of a `bench pipeline`, and says how far the simulation is from them.
 * @throws {MillraceError} as {@link validate}
 */
export function benchValidate(pipeline: BenchResult, seed: number, command: string): Promise<BenchResult> {
  return runBenchmark({ benchmark: 'simulate', command }, async () => {
    const series = validate(pipeline, seed).flatMap(({ shape, workers, figures }) =>
      figures.map(({ name, real, simulated }): Series => {
        const unit = name === 'transfers/s' ? '1/s' : 's';
        return {
          labels: { shape, sweep: 'validation', workers, figure: name },
          metrics: {
            measured: counted(unit, real),
            simulated: counted(unit, simulated),
            difference: counted('%', simulated / real - 1),
          },
        };
      }),
    );
    return {
      series,
      warnings: pipeline.warnings.map((warning) => `Of the pipeline: ${warning}`),
      notes: [
        `The pipeline: \`${pipeline.command}\`, ${pipeline.startedAt.slice(0, 10)}. The simulation gets the times at which batches were closed, and draws the time of each witness and proof, each hand-over by the queue and each finality from those that were measured of the batches around; medians of all rounds, and of 51 runs of each, from seed ${seed}.`,
      ],
    };
  });
}

/** Proofs a second of one worker. */
function proofRate({ workers: { prove, handOver } }: Model): number {
  return 1 / (handOver + prove.reduce((sum, seconds) => sum + seconds, 0) / prove.length);
}

/** With as many workers and threads of the node as the load takes. Batches that age closes are not full: then there are more of them. */
function sizedFor(model: Model): Model {
  const { arrivals, batch, node } = model;
  const batches = Math.max(arrivals / batch.size, Math.min(arrivals, 1 / batch.age));
  const atLeastOne = (busy: number) => Math.max(1, Math.ceil(busy / MOST_BUSY));
  const threads = atLeastOne(arrivals * node.admission + batches * node.batch);
  return { ...withWorkers(model, atLeastOne(batches / proofRate(model))), node: { ...node, threads } };
}

function withWorkers(model: Model, count: number): Model {
  return { ...model, workers: { ...model.workers, count } };
}

/** Transfers a second that each stage could do if the others did not hold it up. */
function ceilings(model: Model): [limit: string, transfersPerSecond: number][] {
  const { batch, node, redis } = model;
  return [
    ['one worker', proofRate(model) * batch.size],
    ['node, one thread', batch.size / (batch.size * node.admission + node.batch)],
    ['Redis, one thread', batch.size / redis.job],
    ...l1Ceiling(model),
  ];
}

function l1Ceiling(model: Model): [limit: string, transfersPerSecond: number][] {
  const { slot, blockGas, callGas, mostBatches, mostCalls } = model.l1;
  const calls = Math.min(mostCalls, blockGas / callGas(mostBatches));
  return [[`L1, ${dataOf(model)}`, (calls * mostBatches * model.batch.size) / slot]];
}

function dataOf({ l1 }: Model): DataPlace {
  return l1.blobGas === 0 ? 'calldata' : 'blob';
}

function metricsOf(outcome: Outcome, model: Model, prices: Prices): Series['metrics'] {
  const { transfersPerSecond, latency, utilization, gasPerTransfer, blobGasPerTransfer } = outcome;
  const seconds = outcome.workerSecondsPerTransfer;
  const gas = gasPerTransfer + BLOB_PRICE * blobGasPerTransfer;
  const dollars = gas * prices.gas * 1e-9 * prices.eth + (seconds / 3600) * prices.cpuHour;
  return {
    'transfers/s': counted('1/s', transfersPerSecond, 'higher'),
    workers: counted('', model.workers.count),
    'node threads': counted('', model.node.threads),
    ...(latency && {
      'latency p50': counted('s', latency.p50),
      'latency p95': counted('s', latency.p95),
      'latency p99': counted('s', latency.p99),
    }),
    ...Object.fromEntries(STAGES.map((stage) => [`${stage} busy`, counted('%', utilization[stage])])),
    'gas a transfer': counted('gas', gasPerTransfer),
    'blob gas a transfer': counted('gas', blobGasPerTransfer),
    'worker time a transfer': counted('s', seconds),
    'cost a transfer': counted('USD', dollars),
  };
}

function notes({ seconds, seed, prices, measurements }: SimulateOptions): string[] {
  const { prove, pipeline, admission, gas } = measurements;
  const { blockGas, blobs, batchAge } = SURROUNDINGS;
  return [
    `Each run is ${seconds} s of simulated time with seed ${seed}; rates, latencies and shares are those of its second half. Latency is from a transfer's arrival to a final block.`,
    `Calibrated by \`${prove.command}\`, \`${pipeline.command}\`, \`${admission.command}\` and \`${gas.command}\`. Proofs take their CPU seconds, as on a worker with a core for itself; a shape that was not measured takes those of the largest that was, by the ratio of constraints.`,
    `L1: a block each 12 s, ${blockGas / 1e6} million gas and ${blobs} blobs, half of both for the rollup; each block takes what is proven, as calldata in calls of up to 64 batches, or in one blob a call, as many batches as it holds. A batch is closed when it is full or ${batchAge} s old (by workers: when it is full).`,
    `Cost: gas at ${prices.gas} gwei, blob gas at a sixteenth of that (the least, EIP-7918), ${prices.eth} USD an ETH, workers at ${prices.cpuHour} USD an hour of one CPU (one thread each).`,
  ];
}
