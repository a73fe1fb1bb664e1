import type { Logger } from 'pino';
import { callBytes } from '../aggregator/call-bytes.ts';
import { type BlobBatch, blobCoefficients, blobPoint, openBatch } from '../protocol/blob/binding.ts';
import { BLOB_ELEMENTS } from '../protocol/blob/blob.ts';
import { wordFromInteger } from '../protocol/bytes.ts';
import type { Sequencer } from './sequencer.ts';
import type { WaitingPart } from './store/blob-table.ts';
import type { Store } from './store.ts';

export interface BlobGroupsOptions {
  readonly store: Store;
  readonly sequencer: Sequencer;
  /** Most batches in a blob: all of them have to be in one call. */
  readonly mostBatches: number;
  /** Most bytes of that call's calldata. */
  readonly mostBytes: number;
  /** Whether the batches that wait share a blob now, or wait for others, up to `most`. */
  readonly timing: {
    forecast(numbers: readonly number[], most: number, now: number): { readonly submit: boolean };
  };
  /** Versioned hash of the blob with these coefficients, 0x + 64 hex. */
  readonly versionedHash: (coefficients: readonly bigint[]) => string;
  /** Called when what the proof of a batch speaks of is known. */
  readonly onProofWanted: (number: number) => void;
  /** Milliseconds between two looks at batches that wait. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/** A run of waiting batches that could share a blob. */
interface Group {
  readonly numbers: readonly number[];
  /** Most that it could have: as many as it has if no further batch can join. */
  readonly most: number;
}

/**
 * Decides which sealed batches share a blob. This comes before their proofs, which are made for one point of one blob (docs/protocol.md,
 * section 3.5), and is durable: the same batches share it after a restart. If one of them is undone, all are (see {@link Sequencer}).
 */
export class BlobGroups {
  readonly #options: BlobGroupsOptions;
  readonly #onSealed = () => this.#wake();
  #step: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Starts with the batches that wait already. */
  constructor(options: BlobGroupsOptions) {
    this.#options = options;
    options.sequencer.on('sealed', this.#onSealed);
    this.#wake();
  }

  /** Lets what waits share blobs now. */
  flush(): void {
    while (this.#shareNext(true));
  }

  /** Stops; what waits is kept in the store. */
  close(): void {
    this.#closed = true;
    this.#options.sequencer.off('sealed', this.#onSealed);
    clearImmediate(this.#step);
    clearTimeout(this.#timer);
  }

  /** In a turn of its own, so that batches which are sealed together are seen together. */
  #wake(): void {
    if (!this.#closed) this.#step ??= setImmediate(() => this.#look());
  }

  /** One blob a turn of the event loop, so that the API keeps answering. */
  #look(): void {
    clearImmediate(this.#step);
    this.#step = undefined;
    clearTimeout(this.#timer);
    const { store, pollMs, logger } = this.#options;
    let waits = true;
    try {
      if (this.#shareNext(false)) this.#wake();
      waits = store.blobs.waiting().length > 0;
    } catch (error) {
      logger.error({ err: error }, 'batches could not be put into a blob; it is tried again');
    }
    if (waits && !this.#closed) this.#timer = setTimeout(() => this.#look(), pollMs);
  }

  /** @param now without waiting for others @returns false if there is no group to share a blob */
  #shareNext(now: boolean): boolean {
    const { timing } = this.#options;
    const next = groupsOf(this.#options).find(
      ({ numbers, most }) => now || timing.forecast(numbers, most, Date.now()).submit,
    );
    if (next === undefined) return false;
    this.#share(next.numbers);
    return true;
  }

  #share(numbers: readonly number[]): void {
    const { store, versionedHash, onProofWanted, logger } = this.#options;
    const [first, last] = [numbers[0]!, numbers.at(-1)!];
    const parts = store.blobs.parts(first, last);
    const hash = versionedHash(blobCoefficients(parts));
    const signals = publicSignalsOf(parts, hash);
    store.transaction(() => {
      store.blobs.add({ first, last, versionedHash: hash });
      for (const [i, number] of numbers.entries()) store.batches.setPublicSignals(number, signals[i]!);
    });
    logger.info({ first, last, versionedHash: hash }, 'batches share a blob');
    for (const number of numbers) onProofWanted(number);
  }
}

/** The waiting batches in the groups in which they may share a blob: one after the other, as many as the blob and its call can have. */
function groupsOf({ store, mostBatches, mostBytes }: BlobGroupsOptions): Group[] {
  const groups: WaitingPart[][] = [];
  for (const part of store.blobs.waiting()) {
    const group = groups.at(-1) ?? [];
    const joined = [...group, part];
    const joins =
      group.at(-1)?.number === part.number - 1 &&
      joined.length <= mostBatches &&
      joined.reduce((sum, { coefficients }) => sum + coefficients, 0) <= BLOB_ELEMENTS &&
      callBytes(joined, 'blob') <= mostBytes;
    if (joins) group.push(part);
    else groups.push([part]);
  }
  const lastSealed = store.batches.lastSealed();
  return groups.map((group) => {
    const numbers = group.map(({ number }) => number);
    // What comes after a group that is not at the end did not fit, or goes to calldata.
    return { numbers, most: numbers.at(-1)! < lastSealed ? numbers.length : mostBatches };
  });
}

function publicSignalsOf(parts: readonly BlobBatch[], versionedHash: string): [bigint, bigint, bigint][] {
  const z = blobPoint(wordFromInteger(BigInt(versionedHash)), parts);
  return parts.map((part) => {
    const { a, zy, yLo } = openBatch(part, z);
    return [a, zy, yLo];
  });
}
