import { linearRegression } from 'simple-statistics';
import { CALLDATA_BYTES_CAP, TRANSACTION_GAS_CAP } from '../../aggregator/fees.ts';
import { MillraceError } from '../../protocol/error.ts';
import { type Shape, shapeByName } from '../../protocol/shape.ts';
import { gasCell } from '../gas/tables.ts';
import type { BenchResult, Metric, Series } from '../result.ts';
import { summarize } from '../statistics.ts';
import { type L1Model, type Model, NO_FAILURES } from './model.ts';

/** Measured results that the model's figures come from. */
export interface Measurements {
  readonly pipeline: BenchResult;
  readonly admission: BenchResult;
  readonly gas: BenchResult;
}

/** What no benchmark measures. */
export interface Surroundings {
  /** Gas of an L1 block, and the share of it that the rollup can have. */
  readonly blockGas: number;
  readonly blockShare: number;
  readonly batchAge: number;
}

const SLOT_SECONDS = 12;
/** Of the beacon chain: a reorg of more than one block is rare. */
const CONFIRMATIONS = 1;
/** Proofs of a call that were measured at most. */
const MOST_BATCHES = 64;

/**
 * A model from measurements: the shape's own proving times where it was measured, else those of the largest shape that was, by the
 * ratio of constraints.
 * @throws {MillraceError} `input` / `bad-calibration`
 */
export function calibrate(
  { pipeline, admission, gas }: Measurements,
  shapeName: string,
  { blockGas, blockShare, batchAge }: Surroundings,
): Model {
  const shape = shapeByName(shapeName);
  const measured = provingOf(pipeline, shape);
  const perOp = admission.series.find(({ labels }) => labels.step === 'all')?.metrics.cpu;
  const median = (metric: Metric | undefined, name: string): number => {
    if (metric === undefined) throw missing(name);
    return summarize(metric.samples).median;
  };
  return {
    arrivals: 0,
    batch: { size: shape.n2, age: batchAge },
    node: {
      threads: 1,
      admission: median(perOp, 'CPU of admission'),
      batch: nodeCpuOf(pipeline, measured.shape),
    },
    redis: { job: median(pipelineRedis(pipeline), 'Redis CPU, a job') },
    workers: {
      count: 1,
      prove: measured.times,
      handOver: Math.max(0, median(measured.metrics['queue, a job'], 'queue, a job')),
    },
    failures: NO_FAILURES,
    l1: l1Of(gas, shape.n2, blockGas * blockShare),
  };
}

function pipelineRedis({ series }: BenchResult): Metric | undefined {
  return series.find(({ metrics }) => 'Redis CPU, a job' in metrics)?.metrics['Redis CPU, a job'];
}

/** Median of all runs of the shape. */
function nodeCpuOf({ series }: BenchResult, shape: string): number {
  const found = series
    .filter(({ labels }) => labels.shape === shape)
    .flatMap(({ metrics }) => metrics['node CPU, a batch']?.samples ?? []);
  if (found.length === 0) throw missing('node CPU, a batch');
  return summarize(found).median;
}

/** Of one worker, so that no other worker's load is in the times. */
function provingOf(
  pipeline: BenchResult,
  shape: Shape,
): { shape: string; metrics: Series['metrics']; times: readonly number[] } {
  const alone = pipeline.series.filter(({ labels }) => labels.workers === 1);
  const own = alone.find(({ labels }) => labels.shape === shape.name);
  const other = alone
    .map((series) => ({ series, constraints: constraintsOf(String(series.labels.shape)) }))
    .sort((a, b) => b.constraints - a.constraints)[0];
  const series = own ?? other?.series;
  const times = series?.metrics['witness and proof, alone']?.samples;
  if (series === undefined || times === undefined) throw missing('witness and proof, alone');
  const factor = own === undefined ? constraintsOf(shape.name) / other!.constraints : 1;
  return {
    shape: String(series.labels.shape),
    metrics: series.metrics,
    times: times.map((seconds) => seconds * factor),
  };
}

function constraintsOf(shape: string): number {
  return shapeByName(shape).constraints ?? Number.NaN;
}

/**
 * Gas of a call: for the two measured batch sizes next to this one a line through the batches of a call, and between both as far as the
 * size is. The cap of a transaction bounds the batches.
 */
function l1Of(gas: BenchResult, size: number, blockGas: number): L1Model {
  const callGas = lineOf(gas, size, 'oneCall');
  const calldata = lineOf(gas, size, 'calldata');
  let mostBatches = 1;
  while (
    mostBatches < MOST_BATCHES &&
    callGas(mostBatches + 1) <= Math.min(Number(TRANSACTION_GAS_CAP), blockGas) &&
    calldata(mostBatches + 1) <= CALLDATA_BYTES_CAP
  ) {
    mostBatches += 1;
  }
  return { slot: SLOT_SECONDS, blockGas, callGas, mostBatches, patience: 0, confirmations: CONFIRMATIONS };
}

function lineOf(
  { series }: BenchResult,
  size: number,
  figure: 'oneCall' | 'calldata',
): (batches: number) => number {
  const lines = [...Map.groupBy(series, ({ labels }) => Number(labels.transfers))].flatMap(
    ([transfers, ofSize]) => {
      const points = ofSize.map(gasCell).flatMap((cell): [number, number][] => {
        const value = cell[figure];
        return value === undefined ? [] : [[cell.batches, value]];
      });
      return points.length < 2 ? [] : [{ transfers, ...linearRegression(points) }];
    },
  );
  lines.sort((a, b) => Math.abs(a.transfers - size) - Math.abs(b.transfers - size));
  const [near, next] = lines;
  if (near === undefined || next === undefined) throw missing('gas of calls of two batch sizes');
  const share = (size - near.transfers) / (next.transfers - near.transfers);
  const between = (a: number, b: number) => a + share * (b - a);
  const [b, m] = [between(near.b, next.b), between(near.m, next.m)];
  return (batches) => b + m * batches;
}

function missing(figure: string): MillraceError {
  return new MillraceError('input', 'bad-calibration', 'A result lacks a figure that the simulation needs', {
    details: { figure },
    fix: 'Pass results of bench pipeline (one worker among its runs), bench admission and bench gas that this version wrote.',
  });
}
