import type { Logger } from 'pino';
import { DataChoice } from '../../aggregator/data-choice.ts';
import type { CallSize } from '../../aggregator/data-cost.ts';
import { loadKzg } from '../../aggregator/kzg.ts';
import { noKzg } from '../../aggregator/packed-blob.ts';
import type { NodeHealth } from '../../batcher/api/status-route.ts';
import type { NodeConfig } from '../../batcher/config.ts';
import { largestShape, type RollupShape, shapesFor } from '../../batcher/rollup-shapes.ts';
import { MillraceError } from '../../protocol/error.ts';
import type { DataPlace } from '../../protocol/shape.ts';

/**
 * The shapes that a node batches in: those for where its batches may put their data.
 * @param da `auto` leaves out the places for which there is no shape, and blobs where c-kzg is not there
 * @throws {MillraceError} `refused/no-shape-for-data`, `refused/no-kzg`
 */
export async function usableShapes(
  shapes: readonly RollupShape[],
  da: NodeConfig['da'],
  logger: Logger,
): Promise<RollupShape[]> {
  const wantsBlobs = da !== 'calldata' && shapesFor(shapes, 'blob').length > 0;
  const hasKzg = !wantsBlobs || (await loadKzg()) !== undefined;
  if (!hasKzg && da === 'blob') throw noKzg();
  if (!hasKzg) logger.warn('no batch goes to a blob: the package c-kzg could not be built');
  const usable = (['calldata', 'blob'] as const)
    .filter((place) => (da === 'auto' ? place === 'calldata' || hasKzg : place === da))
    .flatMap((place) => shapesFor(shapes, place));
  if (usable.length > 0) return usable;
  throw new MillraceError('refused', 'no-shape-for-data', 'The node has no shape for where its data may go', {
    details: { da, found: shapes.map(({ shape }) => shape.name) },
    fix: 'Deploy a rollup with such a shape, or set MILLRACE_DA and MILLRACE_SHAPES to what the deployment has.',
  });
}

/** The choice between the places that the shapes allow. The largest shape counts: a rollup whose costs matter fills it. */
export function dataChoice(
  shapes: readonly RollupShape[],
  { finality, maxBatchesPerCall }: Pick<NodeConfig, 'finality' | 'maxBatchesPerCall'>,
  logger: Logger,
): DataChoice {
  const batches = finality === 'cheap' ? maxBatchesPerCall : 1;
  const calls = new Map<DataPlace, CallSize>();
  for (const place of ['calldata', 'blob'] as const) {
    const ofPlace = shapesFor(shapes, place);
    if (ofPlace.length > 0) calls.set(place, { batches, transfers: largestShape(ofPlace).shape.n2 });
  }
  return new DataChoice({ calls, logger });
}

/** For the node's status. */
export function dataStatus({ place, forecast }: DataChoice): NodeHealth['data'] {
  if (forecast === undefined) return { place, forecast: null };
  const { calldata, blob, prices } = forecast;
  return {
    place,
    forecast: {
      weiATransfer: { calldata: String(calldata), blob: blob === undefined ? null : String(blob) },
      gasPrice: String(prices.gas),
      blobGasPrice: prices.blobGas === undefined ? null : String(prices.blobGas),
      floorGasAByte: prices.floor,
    },
  };
}
