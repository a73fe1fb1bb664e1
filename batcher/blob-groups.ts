import type { Logger } from 'pino';
import { type BlobBatch, blobCoefficients, blobPoint, openBatch } from '../protocol/blob/binding.ts';
import { BLOB_ELEMENTS } from '../protocol/blob/blob.ts';
import { wordFromInteger } from '../protocol/bytes.ts';
import type { Sequencer } from './sequencer.ts';
import type { Store } from './store.ts';

export interface BlobGroupsOptions {
  readonly store: Store;
  readonly sequencer: Sequencer;
  /** Most batches in a blob: all of them have to be in one call. */
  readonly mostBatches: number;
  /** Whether the batches that wait share a blob now, or wait for others. */
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
  /** True if no further batch can join. */
  readonly complete: boolean;
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
    this.#look(true);
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
    if (!this.#closed) this.#step ??= setImmediate(() => this.#look(false));
  }

  #look(now: boolean): void {
    this.#step = undefined;
    clearTimeout(this.#timer);
    const { store, timing, mostBatches, pollMs, logger } = this.#options;
    try {
      for (const { numbers, complete } of groupsOf(store, mostBatches)) {
        if (now || complete || timing.forecast(numbers, mostBatches, Date.now()).submit) this.#share(numbers);
      }
    } catch (error) {
      logger.error({ err: error }, 'batches could not be put into a blob; it is tried again');
    }
    if (!this.#closed && store.blobs.waiting().length > 0)
      this.#timer = setTimeout(() => this.#look(false), pollMs);
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

/** The waiting batches in the groups in which they may share a blob: one after the other, as many as fit. */
function groupsOf(store: Store, mostBatches: number): Group[] {
  const groups: { numbers: number[]; coefficients: number }[] = [];
  for (const { number, coefficients } of store.blobs.waiting()) {
    const group = groups.at(-1);
    const joins =
      group !== undefined &&
      group.numbers.at(-1) === number - 1 &&
      group.numbers.length < mostBatches &&
      group.coefficients + coefficients <= BLOB_ELEMENTS;
    if (joins) {
      group.numbers.push(number);
      group.coefficients += coefficients;
    } else groups.push({ numbers: [number], coefficients });
  }
  const lastSealed = store.batches.lastSealed();
  // What comes after a group that is not at the end did not fit, or goes to calldata.
  return groups.map(({ numbers }) => ({
    numbers,
    complete: numbers.length === mostBatches || numbers.at(-1)! < lastSealed,
  }));
}

function publicSignalsOf(parts: readonly BlobBatch[], versionedHash: string): [bigint, bigint, bigint][] {
  const z = blobPoint(wordFromInteger(BigInt(versionedHash)), parts);
  return parts.map((part) => {
    const { a, zy, yLo } = openBatch(part, z);
    return [a, zy, yLo];
  });
}
