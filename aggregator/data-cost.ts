import type { DataPlace } from '../protocol/shape.ts';

/** What L1 asks for now. Prices in wei. */
export interface L1Prices {
  /** Per gas: base fee and tip. */
  readonly gas: bigint;
  /** Per blob gas; undefined where L1 has no blobs. */
  readonly blobGas: bigint | undefined;
  /** Gas a byte of calldata that a transaction pays at least: 40 by EIP-7623, 64 by EIP-7976, 0 before both. */
  readonly floor: number;
}

/** A call with full batches of transfers. */
export interface CallSize {
  readonly batches: number;
  /** Of each batch. */
  readonly transfers: number;
}

/** Gas of any transaction. */
const TRANSACTION_GAS = 21_000;
/** Blob gas of a blob (EIP-4844, `GAS_PER_BLOB`). */
const GAS_PER_BLOB = 131_072n;

// Lines through what `bench gas` measured (bench/results/gas.json); a test compares them.
const CALLDATA = { call: 227_500, batch: 50_200, transfer: 282.5 };
/** A byte that is zero counts a quarter, as in EIP-7623. */
const CALLDATA_BYTES = { call: 109, batch: 308, transfer: 15.71 };
const BLOB = { call: 282_600, batch: 51_500 };

/** Gas of the call that makes batches in calldata final. @param floor see {@link L1Prices} */
export function calldataCallGas({ batches, transfers }: CallSize, floor: number): number {
  const linear = ({ call, batch, transfer }: typeof CALLDATA) =>
    call + batches * (batch + transfer * transfers);
  return Math.max(linear(CALLDATA), TRANSACTION_GAS + floor * linear(CALLDATA_BYTES));
}

/** Gas, without its blob's, of the call that makes batches in a blob final. */
export function blobCallGas({ batches }: Pick<CallSize, 'batches'>): number {
  return BLOB.call + batches * BLOB.batch;
}

/** What a transfer costs on L1, wei; undefined where L1 has no blobs for it. */
export function transferCost(place: DataPlace, size: CallSize, prices: L1Prices): bigint | undefined {
  const transfers = BigInt(size.batches * size.transfers);
  if (place === 'calldata')
    return (BigInt(Math.round(calldataCallGas(size, prices.floor))) * prices.gas) / transfers;
  if (prices.blobGas === undefined) return undefined;
  return (BigInt(blobCallGas(size)) * prices.gas + GAS_PER_BLOB * prices.blobGas) / transfers;
}
