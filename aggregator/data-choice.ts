import type { Logger } from 'pino';
import type { DataPlace } from '../protocol/shape.ts';
import { type CallSize, type L1Prices, transferCost } from './data-cost.ts';

/** What a transfer would cost in each place, and by which prices. All in wei. */
export interface DataForecast {
  readonly calldata: bigint;
  /** Undefined where L1 has no blobs. */
  readonly blob: bigint | undefined;
  readonly prices: L1Prices;
}

export interface DataChoiceOptions {
  /** Full calls of each place that there is a choice of; the first is taken as long as no price is known. At least one. */
  readonly calls: ReadonlyMap<DataPlace, CallSize>;
  readonly logger: Logger;
}

/** The other place has to be so much cheaper, in percent: batches of both places need a call each. */
const LEAST_GAIN = 10n;

/** Chooses where the next batch puts its data: where a transfer costs least at L1's prices. */
export class DataChoice {
  readonly #options: DataChoiceOptions;
  #place: DataPlace;
  #forecast: DataForecast | undefined;

  constructor(options: DataChoiceOptions) {
    this.#options = options;
    this.#place = [...options.calls.keys()][0]!;
  }

  get place(): DataPlace {
    return this.#place;
  }

  /** Whether there is a choice, for which prices are needed. */
  get isOpen(): boolean {
    return this.#options.calls.size > 1;
  }

  /** What the choice was made by; undefined if there is none, or no price is known yet. */
  get forecast(): DataForecast | undefined {
    return this.#forecast;
  }

  /** Chooses anew. */
  update(prices: L1Prices): void {
    const { calls, logger } = this.#options;
    const [calldataCall, blobCall] = [calls.get('calldata'), calls.get('blob')];
    if (calldataCall === undefined || blobCall === undefined) return;
    const calldata = transferCost('calldata', calldataCall, prices)!;
    const blob = transferCost('blob', blobCall, prices);
    const isFirst = this.#forecast === undefined;
    this.#forecast = { calldata, blob, prices };
    const place = this.#cheaper(calldata, blob);
    if (place === this.#place && !isFirst) return;
    this.#place = place;
    logger.info(
      {
        weiATransfer: { calldata: String(calldata), blob: String(blob ?? 'no blobs') },
        gasPrice: String(prices.gas),
        blobGasPrice: String(prices.blobGas ?? 'no blobs'),
        floorGasAByte: prices.floor,
      },
      `new batches put their data into ${place === 'blob' ? 'a blob' : 'calldata'}`,
    );
  }

  #cheaper(calldata: bigint, blob: bigint | undefined): DataPlace {
    if (blob === undefined) return 'calldata';
    const [here, there] = this.#place === 'calldata' ? [calldata, blob] : [blob, calldata];
    const isWorthIt = there * 100n < here * (100n - LEAST_GAIN);
    return isWorthIt === (this.#place === 'calldata') ? 'blob' : 'calldata';
  }
}
