import type {
  BatchSource,
  L1Cursor,
  L1Location,
  L1OpSink,
  ProvenBatch,
  QueuedL1Op,
} from '../../aggregator/ports.ts';

interface KeptBatch {
  batch: ProvenBatch;
  status: 'sealed' | 'proven' | 'submitted' | 'finalized';
  location?: L1Location;
}

/** The aggregator's side of the node's store, in memory: what it was told, and no more. */
export class MemoryStore implements L1OpSink, BatchSource {
  readonly genesisRoot: bigint;
  readonly ops: QueuedL1Op[] = [];
  readonly batches: KeptBatch[] = [];
  readonly refused: { number: number; reason: string }[] = [];
  #queueCursor: L1Cursor | undefined;
  #finalityCursor: L1Cursor | undefined;

  constructor(genesisRoot: bigint) {
    this.genesisRoot = genesisRoot;
  }

  addProven(batch: ProvenBatch): void {
    this.batches.push({ batch, status: 'proven' });
  }

  statuses(): string[] {
    return this.batches.map(({ status }) => status);
  }

  l1QueueCursor(): L1Cursor | undefined {
    return this.#queueCursor;
  }

  l1OpCount(): number {
    return this.ops.length;
  }

  l1Op(id: number): QueuedL1Op | undefined {
    return this.ops[id];
  }

  appendL1Ops(ops: readonly QueuedL1Op[], cursor: L1Cursor): void {
    ops.forEach(({ id }, place) => {
      if (id !== this.ops.length + place) throw new Error(`op ${id} out of order`);
    });
    this.ops.push(...ops);
    this.#queueCursor = cursor;
  }

  rewindL1Ops(count: number, cursor: L1Cursor): void {
    this.ops.length = count;
    this.#queueCursor = cursor;
  }

  provenBatches(first: number, limit: number): ProvenBatch[] {
    const found: ProvenBatch[] = [];
    for (const { batch, status } of this.batches.slice(first - 1, first - 1 + limit)) {
      if (status !== 'proven' && status !== 'submitted') break;
      found.push(batch);
    }
    return found;
  }

  /** Its batches are in no blob. */
  blobParts(): [] {
    return [];
  }

  shareBlobAnew(number: number): void {
    throw new Error(`batch ${number} is in no blob`);
  }

  rootAfter(number: number): bigint | undefined {
    return number === 0 ? this.genesisRoot : this.batches[number - 1]?.batch.newRoot;
  }

  finalizedNumber(): number {
    return this.batches.filter(({ status }) => status === 'finalized').length;
  }

  finalizedAt(number: number): L1Location | undefined {
    return this.batches[number - 1]?.location;
  }

  finalityCursor(): L1Cursor | undefined {
    return this.#finalityCursor;
  }

  markSubmitted(first: number, last: number): void {
    this.#each(first, last, (kept) => {
      if (kept.status === 'proven') kept.status = 'submitted';
    });
  }

  markNotSubmitted(first: number, last: number): void {
    this.#each(first, last, (kept) => {
      if (kept.status === 'submitted') kept.status = 'proven';
    });
  }

  markFinalized(batches: readonly { number: number; location: L1Location }[], cursor: L1Cursor): void {
    for (const { number, location } of batches) {
      if (number !== this.finalizedNumber() + 1) throw new Error(`batch ${number} finalized out of order`);
      this.#each(number, number, (kept) => {
        kept.status = 'finalized';
        kept.location = location;
      });
    }
    this.#finalityCursor = cursor;
  }

  revertFinalized(number: number, cursor: L1Cursor): void {
    this.#each(number + 1, this.batches.length, (kept) => {
      if (kept.status === 'finalized') kept.status = 'proven';
      delete kept.location;
    });
    this.#finalityCursor = cursor;
  }

  refuseProof(number: number, reason: string): void {
    this.#each(number, number, (kept) => {
      kept.status = 'sealed';
    });
    this.refused.push({ number, reason });
  }

  /** It holds no L1 ops back: it has no batches to build again. */
  takeOverdueL1(): boolean {
    return false;
  }

  #each(first: number, last: number, change: (kept: KeptBatch) => void): void {
    for (const kept of this.batches.slice(first - 1, last)) change(kept);
  }
}
