import { linearRegression } from 'simple-statistics';
import { CALLDATA_BYTES_CAP, TRANSACTION_GAS_CAP } from '../../aggregator/fees.ts';
import { MillraceError } from '../../protocol/error.ts';
import { layout, SHAPES, type Shape, shapeByName } from '../../protocol/shape.ts';
import type { BenchResult, Metric } from '../result.ts';
import { summarize } from '../statistics.ts';
import { type L1Model, type Model, NO_FAILURES } from './model.ts';

/** Measured results that the model's figures come from. */
export interface Measurements {
  /** Of a shape, natively, by a prover that has the key open, on one CPU. */
  readonly prove: BenchResult;
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
  /** Blobs of a block that all together should take (EIP-7691's target, raised since). */
  readonly blobs: number;
}

/** Where a batch's data go. */
export type DataPlace = 'calldata' | 'blob';

/** Of the beacon chain; a reorg of more than one block is rare. */
const L1 = { slot: 12, patience: 0, confirmations: 1 };
/** Metric of `bench gas`. */
const BLOB_CALL = 'one call, blob';
/** Of one blob (EIP-4844). */
const BLOB_GAS = 131_072;
const BLOB_ELEMENTS = 4096;
/** Proofs of a call that were measured at most. */
const MOST_BATCHES = 64;

/**
 * A model from measurements. A proof takes its CPU seconds: a worker has a core, whatever else ran when it was measured. They are the
 * shape's own where it was measured, else those of the largest shape that was, by the ratio of constraints.
 * @throws {MillraceError} `input` / `bad-calibration`
 */
export function calibrate(
  { prove, pipeline, admission, gas }: Measurements,
  shapeName: string,
  { surroundings, data }: { surroundings: Surroundings; data: DataPlace },
): Model {
  const shape = shapeByName(shapeName);
  const perOp = admission.series.find(({ labels }) => labels.step === 'all')?.metrics.cpu;
  return {
    arrivals: 0,
    batch: { size: shape.n2, age: surroundings.batchAge },
    node: {
      threads: 1,
      admission: median(perOp, 'CPU of admission'),
      // What is measured too much is polling, and the more of it the slower the proofs are.
      batch: Math.min(...samplesOf(pipeline, 'node CPU, a batch')),
    },
    redis: { job: medianOf(pipeline, 'Redis CPU, a job') },
    workers: {
      count: 1,
      prove: provingTimes(prove, shape).map((seconds) => seconds + witnessTime(pipeline, shape)),
      handOver: Math.max(0, medianOf(pipeline, 'queue, a job')),
    },
    failures: NO_FAILURES,
    l1: data === 'blob' ? blobL1(gas, shape, surroundings) : calldataL1(gas, shape, surroundings),
  };
}

/** Over all runs of the pipeline. */
function medianOf(pipeline: BenchResult, name: string): number {
  return summarize(samplesOf(pipeline, name)).median;
}

function samplesOf({ series }: BenchResult, name: string): number[] {
  const samples = series.flatMap(({ metrics }) => metrics[name]?.samples ?? []);
  if (samples.length === 0) throw missing(name);
  return samples;
}

function median(metric: Metric | undefined, name: string): number {
  if (metric === undefined) throw missing(name);
  return summarize(metric.samples).median;
}

/** CPU seconds of one proof. */
function provingTimes({ series }: BenchResult, shape: Shape): number[] {
  const warm = series.filter(
    ({ labels }) => labels.backend === 'native' && labels.run === 'warm' && labels.threads === 1,
  );
  const sized = warm
    .map(({ labels, metrics }) => ({ constraints: constraintsOf(String(labels.circuit)), labels, metrics }))
    .filter(({ constraints }) => constraints > 0)
    .sort((a, b) => b.constraints - a.constraints);
  const found = sized.find(({ labels }) => labels.circuit === shape.name) ?? sized[0];
  if (found === undefined) throw missing('CPU of a warm native proof of a shape on one thread');
  const factor = constraintsOf(shape.name) / found.constraints;
  return found.metrics.cpu!.samples.map((seconds) => seconds * factor);
}

/** Of the shape that the pipeline ran, by the ratio of constraints; the first one where it ran several. */
function witnessTime({ series }: BenchResult, shape: Shape): number {
  const first = series[0];
  const seconds = median(first?.metrics.witness, 'witness');
  return (seconds * constraintsOf(shape.name)) / constraintsOf(String(first?.labels.shape));
}

/** 0 where no shape has that name: then it is another circuit. */
function constraintsOf(shape: string): number {
  const shapes: readonly Shape[] = Object.values(SHAPES);
  return shapes.find(({ name }) => name === shape)?.constraints ?? 0;
}

/** Whether the gas of calls with a blob was measured. */
export function hasBlobs({ series }: BenchResult): boolean {
  return series.some(({ metrics }) => BLOB_CALL in metrics);
}

function calldataL1(gas: BenchResult, { n2 }: Shape, { blockGas, blockShare }: Surroundings): L1Model {
  const callGas = lineOf(gas, n2, 'one call');
  const calldata = lineOf(gas, n2, 'calldata');
  const own = blockGas * blockShare;
  let mostBatches = 1;
  while (
    mostBatches < MOST_BATCHES &&
    callGas(mostBatches + 1) <= Math.min(Number(TRANSACTION_GAS_CAP), own) &&
    calldata(mostBatches + 1) <= CALLDATA_BYTES_CAP
  ) {
    mostBatches += 1;
  }
  return { ...L1, blockGas: own, callGas, mostBatches, mostCalls: Number.POSITIVE_INFINITY, blobGas: 0 };
}

/** A call has one blob, which holds as many batches as there is room for. */
function blobL1(gas: BenchResult, shape: Shape, { blockGas, blockShare, blobs }: Surroundings): L1Model {
  return {
    ...L1,
    blockGas: blockGas * blockShare,
    callGas: lineOf(gas, shape.n2, BLOB_CALL),
    mostBatches: Math.min(MOST_BATCHES, Math.floor(BLOB_ELEMENTS / layout(shape).length)),
    mostCalls: Math.floor(blobs * blockShare),
    blobGas: BLOB_GAS,
  };
}

/**
 * A figure of a call by the batches in it: for the two measured batch sizes next to this one a line through the batches of a call, and
 * between both as far as the size is.
 */
function lineOf({ series }: BenchResult, size: number, figure: string): (batches: number) => number {
  const lines = [...Map.groupBy(series, ({ labels }) => Number(labels.transfers))].flatMap(
    ([transfers, ofSize]) => {
      const points = ofSize.flatMap(({ labels, metrics }): [number, number][] => {
        const value = metrics[figure]?.samples[0];
        return value === undefined ? [] : [[Number(labels.batches), value]];
      });
      return points.length < 2 ? [] : [{ transfers, ...linearRegression(points) }];
    },
  );
  lines.sort((a, b) => Math.abs(a.transfers - size) - Math.abs(b.transfers - size));
  const [near, next] = lines;
  if (near === undefined || next === undefined) throw missing(`${figure}, of two batch sizes`);
  const share = (size - near.transfers) / (next.transfers - near.transfers);
  const between = (a: number, b: number) => a + share * (b - a);
  const [b, m] = [between(near.b, next.b), between(near.m, next.m)];
  return (batches) => b + m * batches;
}

function missing(figure: string): MillraceError {
  return new MillraceError('input', 'bad-calibration', 'A result lacks a figure that the simulation needs', {
    details: { figure },
    fix: 'Pass results of bench prove (a shape, natively, one thread), bench pipeline, bench admission and bench gas that this version wrote.',
  });
}
