import type { BatchSource, L1Cursor, L1Location, ProvenBatch } from '../aggregator/ports.ts';
import type { BlobBatch } from '../protocol/blob/binding.ts';
import { MillraceError } from '../protocol/error.ts';
import type { Sequencer } from './sequencer.ts';
import type { Store } from './store.ts';

/** The batches as the aggregator moves them: proven -> submitted -> finalized, and back. */
export class StoredBatchSource implements BatchSource {
  readonly #store: Store;
  readonly #sequencer: Sequencer;
  readonly #onProofWanted: (number: number) => void;

  /** @param onProofWanted called when a batch falls back to one that needs a proof */
  constructor(store: Store, sequencer: Sequencer, onProofWanted: (number: number) => void) {
    this.#store = store;
    this.#sequencer = sequencer;
    this.#onProofWanted = onProofWanted;
  }

  provenBatches(first: number, limit: number): readonly ProvenBatch[] {
    const found: ProvenBatch[] = [];
    for (let number = first; found.length < limit; number++) {
      const record = this.#store.batches.get(number);
      const proof = this.#store.proofs.get(number);
      const data = this.#store.batches.data(number);
      if (record?.publicSignals === undefined || proof === undefined || data === undefined) break;
      const { shape, oldRoot, newRoot, c, publicSignals } = record;
      const blob = this.#store.blobs.of(number);
      const { manifestId } = proof;
      found.push({
        number,
        shape,
        manifestId,
        oldRoot,
        newRoot,
        c,
        publicSignals,
        data,
        proof: proof.proof,
        blob,
      });
    }
    return found;
  }

  blobParts(first: number, last: number): readonly BlobBatch[] {
    return this.#store.blobs.parts(first, last);
  }

  rootAfter(number: number): bigint | undefined {
    return number === 0 ? this.#store.identity.genesisRoot : this.#store.batches.get(number)?.newRoot;
  }

  finalizedNumber(): number {
    return this.#store.batches.lastFinalized();
  }

  finalizedAt(number: number): L1Location | undefined {
    return this.#store.batches.finalization(number);
  }

  finalityCursor(): L1Cursor | undefined {
    return this.#store.meta.cursor('finality');
  }

  markSubmitted(first: number, last: number): void {
    this.#store.transaction(() => {
      this.#store.batches.setStatus(first, last, 'submitted', 'proven');
      this.#store.batches.setSubmittedAt(first, last, Date.now());
    });
  }

  markNotSubmitted(first: number, last: number): void {
    this.#store.transaction(() => {
      this.#store.batches.setStatus(first, last, 'proven', 'submitted');
      this.#store.batches.setSubmittedAt(first, last, null);
    });
  }

  /** @throws {MillraceError} `internal/finality-gap` */
  markFinalized(batches: readonly { number: number; location: L1Location }[], cursor: L1Cursor): void {
    this.#store.transaction(() => {
      let next = this.finalizedNumber() + 1;
      for (const { number, location } of batches) {
        if (number !== next || this.#store.batches.get(number) === undefined) {
          throw new MillraceError('internal', 'finality-gap', 'Batches are finalized one after the other', {
            details: { expected: next, found: number, known: this.#store.batches.get(number) !== undefined },
          });
        }
        this.#store.batches.addFinalization(number, location);
        this.#store.batches.setStatus(number, number, 'finalized');
        this.#store.batches.setFinalizedAt(number, Date.now());
        next += 1;
      }
      this.#store.meta.setCursor('finality', cursor);
    });
  }

  revertFinalized(number: number, cursor: L1Cursor): void {
    const unproven: number[] = [];
    this.#store.transaction(() => {
      for (let reverted = this.finalizedNumber(); reverted > number; reverted--) {
        // A batch may have been finalized by a proof that this store never saw.
        const proven = this.#store.proofs.get(reverted) !== undefined;
        if (!proven) unproven.push(reverted);
        this.#store.batches.setStatus(reverted, reverted, proven ? 'proven' : 'sealed');
        this.#store.batches.setFinalizedAt(reverted, null);
        this.#store.batches.setSubmittedAt(reverted, reverted, null);
      }
      this.#store.batches.dropFinalizationsAbove(number);
      this.#store.meta.setCursor('finality', cursor);
    });
    for (const wanted of unproven.reverse()) this.#onProofWanted(wanted);
  }

  refuseProof(number: number): void {
    // It may have been undone since its proof was sent.
    if (this.#store.proofs.get(number) === undefined) return;
    this.#store.transaction(() => {
      this.#store.proofs.drop(number);
      this.#store.batches.setStatus(number, number, 'sealed');
      this.#store.batches.setSubmittedAt(number, number, null);
    });
    this.#onProofWanted(number);
  }

  shareBlobAnew(number: number): void {
    this.#sequencer.atomically(() => this.#sequencer.shareBlobAnew(number));
  }

  takeOverdueL1(number: number): boolean {
    return this.#sequencer.atomically(() => this.#sequencer.takeOverdueL1(number));
  }
}
