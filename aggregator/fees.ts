import type { JsonRpcProvider } from 'ethers';

/** Gas that one transaction may use at most (EIP-7825). */
export const TRANSACTION_GAS_CAP = 16_777_216n;

/** Bytes of a transaction that nodes pass on at most (geth's `txMaxSize`), less what is around the calldata. */
export const CALLDATA_BYTES_CAP = 128 * 1024 - 1024;

/** EIP-1559 prices, wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Fees of a transaction with a blob. */
export interface BlobFees extends Fees {
  /** Wei per blob gas. */
  readonly maxFeePerBlobGas: bigint;
}

const FALLBACK_TIP = 1_000_000_000n;

/**
 * What to offer now: a base fee twice the latest block's, so that it holds for at least five full blocks,
 * and the tip that the node suggests (1 gwei where it suggests none), never more than `cap`.
 */
export async function currentFees(provider: JsonRpcProvider, cap: bigint): Promise<Fees> {
  const [block, suggested] = await Promise.all([provider.getBlock('latest'), suggestedTip(provider)]);
  const tip = min(suggested, cap);
  return { maxFeePerGas: min(2n * (block?.baseFeePerGas ?? 0n) + tip, cap), maxPriorityFeePerGas: tip };
}

/** The tip that the node suggests, wei per gas; 1 gwei where it suggests none. */
export async function suggestedTip(provider: JsonRpcProvider): Promise<bigint> {
  return await provider.send('eth_maxPriorityFeePerGas', []).then(
    (tip: unknown) => BigInt(tip as string),
    () => FALLBACK_TIP,
  );
}

/**
 * Fees that nodes accept as a replacement of a transaction with fees `previous`: both at least an eighth
 * higher (they ask for a tenth), and at least `current`. Undefined if that exceeds `cap`.
 */
export function replacementFees(previous: Fees, current: Fees, cap: bigint): Fees | undefined {
  const maxFeePerGas = max(raise(previous.maxFeePerGas), current.maxFeePerGas);
  const maxPriorityFeePerGas = max(raise(previous.maxPriorityFeePerGas), current.maxPriorityFeePerGas);
  if (maxFeePerGas > cap) return undefined;
  return { maxFeePerGas: max(maxFeePerGas, maxPriorityFeePerGas), maxPriorityFeePerGas };
}

/** What to offer for blob gas now: twice its base fee (EIP-4844), never more than `cap`, if there is one. */
export async function currentBlobFee(provider: JsonRpcProvider, cap?: bigint): Promise<bigint> {
  const fee = 2n * BigInt((await provider.send('eth_blobBaseFee', [])) as string) + 1n;
  return cap === undefined ? fee : min(fee, cap);
}

/**
 * {@link replacementFees} for a transaction with a blob: nodes ask for twice of each (geth's `blobpool`). Undefined if one of them
 * exceeds `cap`.
 */
export function replacementBlobFees(
  previous: BlobFees,
  current: BlobFees,
  cap: bigint,
): BlobFees | undefined {
  const maxFeePerGas = max(double(previous.maxFeePerGas), current.maxFeePerGas);
  const maxPriorityFeePerGas = max(double(previous.maxPriorityFeePerGas), current.maxPriorityFeePerGas);
  const maxFeePerBlobGas = max(double(previous.maxFeePerBlobGas), current.maxFeePerBlobGas);
  if (max(maxFeePerGas, max(maxPriorityFeePerGas, maxFeePerBlobGas)) > cap) return undefined;
  return { maxFeePerGas: max(maxFeePerGas, maxPriorityFeePerGas), maxPriorityFeePerGas, maxFeePerBlobGas };
}

/** An eighth more, rounded up, and never the same. */
function raise(fee: bigint): bigint {
  return fee + fee / 8n + 1n;
}

/** Twice as much, and never the same. */
function double(fee: bigint): bigint {
  return max(2n * fee, 1n);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
