import type { Logger } from 'pino';
import type { Sequencer } from '../../batcher/sequencer.ts';
import type { Store } from '../../batcher/store.ts';
import type { ProofDispatcher, VerifiedProof } from '../../prover/dispatcher.ts';

export interface ProofPumpOptions {
  readonly store: Store;
  readonly sequencer: Sequencer;
  readonly dispatcher: ProofDispatcher;
  /** Id of the artifact manifest of each shape. */
  readonly manifestIds: ReadonlyMap<string, string>;
  readonly logger: Logger;
}

/** Takes sealed batches from the store to the provers, and their proofs back into the store. */
export class ProofPump {
  readonly #options: ProofPumpOptions;

  /** Starts with the batches that have no proof yet. */
  constructor(options: ProofPumpOptions) {
    this.#options = options;
    const { store, sequencer, dispatcher } = options;
    dispatcher.on('proof', (proof) => this.#keep(proof));
    sequencer.on('sealed', (number) => this.request(number));
    sequencer.on('undone', (number) => dispatcher.withdraw(number));
    for (const number of store.batches.unproven()) this.request(number);
  }

  /** Wants a proof of a sealed batch, or another one. */
  request(number: number): void {
    this.#submit(number).catch((error: unknown) => {
      this.#options.logger.error({ batch: number, err: error }, 'the batch cannot be proved');
    });
  }

  async #submit(number: number): Promise<void> {
    const { store, dispatcher } = this.#options;
    const record = store.batches.get(number);
    const witness = store.batches.witness(number);
    // One that waits for its blob is asked for again when it has one.
    if (record?.publicSignals === undefined || witness === undefined) return;
    const { shape } = record;
    const [C, z, y] = record.publicSignals.map(String) as [string, string, string];
    const input = { ...witness, C, z, y };
    await dispatcher.submit({ batch: number, shape, witness: input, publicSignals: [C, z, y] });
  }

  #keep(proof: VerifiedProof): void {
    const { store, manifestIds, logger } = this.#options;
    const { batch, shape, worker, timings, publicSignals } = proof;
    const record = store.batches.get(batch);
    const manifestId = manifestIds.get(shape);
    // The batch may have been undone and sealed with other content since.
    if (manifestId === undefined || publicSignals.join() !== record?.publicSignals?.join()) return;
    store.proofs.add(batch, { manifestId, proof: proof.proof, worker, timings, provenAt: Date.now() });
    logger.info({ batch, worker, timings }, 'batch proved');
  }
}
