import { callBytes } from './call-bytes.ts';
import { CALLDATA_BYTES_CAP } from './fees.ts';
import { type BlobCall, type PackedBlob, packBlob } from './packed-blob.ts';
import type { BatchSource, ProvenBatch } from './ports.ts';
import type { RollupContract, ShapeKeys } from './rollup-contract.ts';

/** What makes batches final in one transaction. */
export interface FinalizingCall {
  /** 0x hex. */
  readonly data: string;
  /** That the transaction has to carry. */
  readonly blob?: PackedBlob | undefined;
}

/** Batches that can go to L1 together. */
export interface NextBatches {
  readonly batches: readonly ProvenBatch[];
  /** Most that could: more need not be waited for. */
  readonly most: number;
}

export interface NextCallOptions {
  readonly rollup: RollupContract;
  readonly source: BatchSource;
  /** By name of the shape. */
  readonly keys: ShapeKeys;
}

/** Puts together the calls that make batches final: of batches in calldata as many as a transaction takes, of those in a blob all. */
export class NextCall {
  readonly #options: NextCallOptions;
  /** The blob of the last call: it takes most of a second, and is asked for more than once. */
  #packed: { readonly statements: string; readonly call: BlobCall } | undefined;

  constructor(options: NextCallOptions) {
    this.#options = options;
  }

  /**
   * The proven batches from `first` on that the next call can have; undefined if there is none, or not yet all that share a blob.
   * @param limit most batches in a call
   */
  batches(first: number, limit: number): NextBatches | undefined {
    const { source } = this.#options;
    const proven = source.provenBatches(first, limit);
    const blob = proven[0]?.blob;
    if (blob !== undefined) {
      const count = blob.last - first + 1;
      const whole = source.provenBatches(first, count);
      return whole.length < count ? undefined : { batches: whole, most: count };
    }
    const inBlob = proven.findIndex((batch) => batch.blob !== undefined);
    const inCalldata = inBlob < 0 ? proven : proven.slice(0, inBlob);
    if (inCalldata.length === 0) return undefined;
    const fitting = longestFitting(inCalldata);
    return { batches: fitting, most: fitting.length < proven.length ? fitting.length : limit };
  }

  /**
   * The call for these batches: those of one blob, or any without one. Undefined if their proofs are for another blob.
   * @throws {MillraceError} what {@link packBlob} throws
   */
  async of(batches: readonly ProvenBatch[]): Promise<FinalizingCall | undefined> {
    if (batches[0]?.blob === undefined) return await this.inCalldata(batches);
    const { rollup, keys } = this.#options;
    const call = await this.#pack(batches);
    return call && { data: await rollup.encodeCommitAndProveBlob(batches, keys, call), blob: call.blob };
  }

  /** The call for these batches. @param batches none in a blob */
  async inCalldata(batches: readonly ProvenBatch[]): Promise<FinalizingCall> {
    const { rollup, keys } = this.#options;
    return { data: await rollup.encodeCommitAndProve(batches, keys) };
  }

  async #pack(batches: readonly ProvenBatch[]): Promise<BlobCall | undefined> {
    // The same blob is opened elsewhere if the batches have other calldata.
    const statements = batches.map(({ publicSignals }) => publicSignals.join()).join(';');
    if (this.#packed?.statements === statements) return this.#packed.call;
    const parts = this.#options.source.blobParts(batches[0]!.number, batches.at(-1)!.number);
    const call = await packBlob(parts);
    const found = call.openings.map(({ a, zy, yLo }) => [a, zy, yLo].join()).join(';');
    if (found !== statements) return undefined;
    this.#packed = { statements, call };
    return call;
  }
}

/**
 * The longest beginning of the list whose call a transaction can carry; one batch in any case.
 * @param batches none in a blob
 */
export function longestFitting(batches: readonly ProvenBatch[]): readonly ProvenBatch[] {
  const sizes = batches.map(({ shape, data }) => ({ shape, bytes: data.length }));
  let count = batches.length;
  while (count > 1 && callBytes(sizes.slice(0, count), 'calldata') > CALLDATA_BYTES_CAP) count -= 1;
  return batches.slice(0, count);
}
