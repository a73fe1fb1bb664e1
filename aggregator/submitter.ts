import type { Logger } from 'pino';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';
import type { VerificationKey } from '../prover/proof.ts';
import { verifyProofs } from '../prover/verify.ts';
import { archiveBlob } from './blob-archive.ts';
import type { CallTiming } from './call-timing.ts';
import { rollupEnded } from './exit-mode.ts';
import { assertSameRoot } from './finality.ts';
import { NextCall } from './next-call.ts';
import type { BatchSource, ProvenBatch } from './ports.ts';
import type { RollupContract } from './rollup-contract.ts';
import type { TransactionSender } from './sender.ts';

/** The proving key of a shape that this node's proofs are made with. */
export interface SubmittedKey {
  readonly manifestId: string;
  /** As the verifier contract computes it, 0x + 64 hex. */
  readonly vkHash: string;
  readonly verificationKey: VerificationKey;
}

export interface SubmitterOptions {
  readonly rollup: RollupContract;
  readonly sender: TransactionSender;
  readonly source: BatchSource;
  readonly deployment: DeployManifest;
  /** By name of the shape. */
  readonly keys: ReadonlyMap<string, SubmittedKey>;
  /** Most batches in one transaction; fewer where the gas cap asks for it. */
  readonly maxBatchesPerCall: number;
  readonly timing: CallTiming;
  /** Folder that keeps the blobs: L1 forgets them, and who restores the rollup needs them. */
  readonly blobFolder: string;
  readonly logger: Logger;
}

/** Brings proven batches to L1, in order, each once. */
export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #nextCall: NextCall;
  /** Shapes whose verifier on L1 was seen to hold our key; a verifier never changes. */
  readonly #checkedShapes = new Set<string>();
  #batchesPerCall: number;

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#nextCall = new NextCall(options);
    this.#batchesPerCall = options.maxBatchesPerCall;
  }

  /**
   * One round: sees saved transactions through, then sends the next proven batches, if there are any.
   * What to send is read from L1's state alone, so a batch that L1 has is never sent again, whatever
   * happened since the store last heard of it.
   *
   * @returns whether something was sent
   * @throws {MillraceError} `internal/chain-disagrees`, `refused/store-behind-chain`, `refused/key-mismatch`,
   *   `refused/batch-refused`, `refused/exit-mode` if the rollup has ended, and what {@link TransactionSender.send} throws
   */
  async step(): Promise<boolean> {
    const { rollup, sender, source, timing } = this.#options;
    await sender.finishPending();
    const { finalizedNumber, finalizedRoot, exitMode } = await rollup.state();
    if (exitMode) throw rollupEnded(finalizedNumber);
    assertSameRoot(source, finalizedNumber, finalizedRoot);
    const next = this.#nextCall.batches(finalizedNumber + 1, this.#batchesPerCall);
    if (next === undefined) return false;
    const { batches, most } = next;
    this.#assertChain(batches, finalizedNumber, finalizedRoot);
    const numbers = batches.map(({ number }) => number);
    if (!timing.forecast(numbers, most, Date.now()).submit) return false;
    for (const batch of batches) await this.#assertKey(batch);
    return await this.#submit(batches);
  }

  async #submit(batches: readonly ProvenBatch[]): Promise<boolean> {
    const { rollup, sender, source, blobFolder, logger } = this.#options;
    const [first, last] = [batches[0]!.number, batches.at(-1)!.number];
    const call = await this.#nextCall.of(batches);
    if (call === undefined) {
      logger.warn({ first, last }, 'the proofs are for another blob: the batches share one anew');
      source.shareBlobAnew(first);
      return false;
    }
    const { data, blob } = call;
    const refusal = await rollup.refusalOf(sender.address, call);
    if (refusal !== undefined) {
      if (blob !== undefined) return await this.#giveBack(batches, refusal);
      return await this.#submitBefore(await this.#findRefused(batches, refusal), batches);
    }
    if (blob !== undefined) archiveBlob(blobFolder, blob.versionedHash, blob.data);
    source.markSubmitted(first, last);
    try {
      const purpose = first === last ? `batch ${first}` : `batches ${first}..${last}`;
      const mined = await sender.send({ to: rollup.address, data, purpose, blob });
      if (!mined.succeeded) source.markNotSubmitted(first, last);
      return mined.succeeded;
    } catch (error) {
      source.markNotSubmitted(first, last);
      if (!(error instanceof MillraceError && error.code === 'gas-cap' && batches.length > 1)) throw error;
      if (blob !== undefined) throw error;
      this.#batchesPerCall = Math.ceil(batches.length / 2);
      logger.warn({ batchesPerCall: this.#batchesPerCall }, 'the gas cap asks for fewer batches in a call');
      return true;
    }
  }

  /** Which batch L1 refuses, and why: the last one of the shortest refused beginning of the list. */
  async #findRefused(
    batches: readonly ProvenBatch[],
    refusal: MillraceError,
  ): Promise<{ place: number; refusal: MillraceError }> {
    const { rollup, sender } = this.#options;
    let [good, bad, reason] = [0, batches.length, refusal];
    while (bad - good > 1) {
      const middle = Math.floor((good + bad) / 2);
      const call = await this.#nextCall.inCalldata(batches.slice(0, middle));
      const found = await rollup.refusalOf(sender.address, call);
      if (found === undefined) good = middle;
      else [bad, reason] = [middle, found];
    }
    return { place: bad - 1, refusal: reason };
  }

  /**
   * Deals with a refused batch: a proof is made anew, and so is a batch that leaves an overdue L1 op behind; anything else
   * needs a person. Those before it go to L1.
   */
  async #submitBefore(
    { place, refusal }: { place: number; refusal: MillraceError },
    batches: readonly ProvenBatch[],
  ): Promise<boolean> {
    const { rollup } = this.#options;
    const { number } = batches[place]!;
    if (rollup.isProofRefusal(refusal)) this.#refuseProof(number, refusal);
    else if (!this.#takeOverdueL1(number, refusal) && place === 0) throw batchRefused(number, refusal);
    return place > 0 ? await this.#submit(batches.slice(0, place)) : false;
  }

  /** The same for batches that share a blob: none of them can go without the others. Which proof is wrong is found without L1. */
  async #giveBack(batches: readonly ProvenBatch[], refusal: MillraceError): Promise<boolean> {
    const first = batches[0]!.number;
    const wrong = this.#options.rollup.isProofRefusal(refusal) ? await this.#wrongProofs(batches) : [];
    for (const number of wrong) this.#refuseProof(number, refusal);
    if (wrong.length === 0 && !this.#takeOverdueL1(first, refusal)) throw batchRefused(first, refusal);
    return false;
  }

  /** Numbers of the batches whose proofs do not verify. */
  async #wrongProofs(batches: readonly ProvenBatch[]): Promise<number[]> {
    const wrong: number[] = [];
    for (const [shape, ofShape] of Map.groupBy(batches, (batch) => batch.shape)) {
      const { verificationKey } = this.#options.keys.get(shape)!;
      const claims = ofShape.map(({ proof, publicSignals }) => {
        return { proof, publicSignals: publicSignals.map(String) };
      });
      const holds = await verifyProofs(verificationKey, claims);
      wrong.push(...ofShape.filter((_, i) => !holds[i]).map(({ number }) => number));
    }
    return wrong;
  }

  #refuseProof(number: number, refusal: MillraceError): void {
    const { source, logger } = this.#options;
    const details = { batch: number, code: refusal.code, ...refusal.details };
    logger.error(details, 'L1 refuses a proof: the batch is proved again');
    source.refuseProof(number, refusal.message);
  }

  /** Whether L1 refuses the batch for an L1 op that is overdue, and it and all later ones are built again with it. */
  #takeOverdueL1(number: number, refusal: MillraceError): boolean {
    const { rollup, source, logger } = this.#options;
    if (!rollup.isOverdueRefusal(refusal) || !source.takeOverdueL1(number)) return false;
    const details = { batch: number, code: refusal.code, ...refusal.details };
    logger.warn(
      details,
      'L1 wants overdue L1 ops first: the batches from this one on are built again with them',
    );
    return true;
  }

  #assertChain(batches: readonly ProvenBatch[], parent: number, parentRoot: bigint): void {
    let root = parentRoot;
    batches.forEach((batch, place) => {
      if (batch.number !== parent + 1 + place || batch.oldRoot !== root) {
        throw new MillraceError(
          'internal',
          'broken-batch-chain',
          'The batches in the store do not follow each other',
          {
            details: {
              expected: parent + 1 + place,
              found: batch.number,
              expectedRoot: String(root),
              foundRoot: String(batch.oldRoot),
            },
          },
        );
      }
      root = batch.newRoot;
    });
  }

  /** The proof, our artifacts, the deployment manifest and the verifier on L1 all have to speak of one key. */
  async #assertKey({ shape, manifestId, number }: ProvenBatch): Promise<void> {
    const { deployment, keys, rollup } = this.#options;
    const deployed = deployment.shapes.find(({ name }) => name === shape);
    const key = keys.get(shape);
    const details = {
      batch: number,
      shape,
      proofMadeWith: manifestId,
      ours: key?.manifestId,
      deployed: deployed?.manifestId,
    };
    if (
      deployed === undefined ||
      key === undefined ||
      manifestId !== key.manifestId ||
      key.vkHash !== deployed.vkHash
    ) {
      throw keyMismatch({ ...details, ourVkHash: key?.vkHash, deployedVkHash: deployed?.vkHash });
    }
    if (this.#checkedShapes.has(shape)) return;
    const vkHash = await rollup.verifierKeyHash(deployed.shapeId);
    if (vkHash !== key.vkHash) throw keyMismatch({ ...details, ourVkHash: key.vkHash, vkHashOnL1: vkHash });
    this.#checkedShapes.add(shape);
  }
}

function batchRefused(number: number, refusal: MillraceError): MillraceError {
  return new MillraceError('refused', 'batch-refused', `L1 refuses batch ${number}: ${refusal.message}`, {
    details: { batch: number, reason: refusal.code, ...refusal.details },
    fix:
      refusal.fix ??
      'Check with millrace doctor that L1 has what this version builds. If it has, stop the node, keep its data folder for examination, and restore the state from L1 into a new one.',
    cause: refusal,
  });
}

function keyMismatch(details: Readonly<Record<string, unknown>>): MillraceError {
  return new MillraceError(
    'refused',
    'key-mismatch',
    'The proof was not made with the key of the verifier on L1',
    {
      details,
      fix: 'Prove with the artifacts that the rollup was deployed with, or deploy a rollup with these artifacts.',
    },
  );
}
