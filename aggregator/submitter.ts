import { dataLength } from 'ethers';
import type { Logger } from 'pino';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';
import type { VerificationKey } from '../prover/proof.ts';
import type { CallTiming } from './call-timing.ts';
import { rollupEnded } from './exit-mode.ts';
import { CALLDATA_BYTES_CAP } from './fees.ts';
import { assertSameRoot } from './finality.ts';
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
  readonly logger: Logger;
}

/** Brings proven batches to L1, in order, each once. */
export class Submitter {
  readonly #options: SubmitterOptions;
  /** Shapes whose verifier on L1 was seen to hold our key; a verifier never changes. */
  readonly #checkedShapes = new Set<string>();
  #batchesPerCall: number;

  constructor(options: SubmitterOptions) {
    this.#options = options;
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
    const { rollup, sender, source, keys, timing } = this.#options;
    await sender.finishPending();
    const { finalizedNumber, finalizedRoot, exitMode } = await rollup.state();
    if (exitMode) throw rollupEnded(finalizedNumber);
    assertSameRoot(source, finalizedNumber, finalizedRoot);
    const batches = source.provenBatches(finalizedNumber + 1, this.#batchesPerCall);
    if (batches.length === 0) return false;
    this.#assertChain(batches, finalizedNumber, finalizedRoot);
    const numbers = batches.map(({ number }) => number);
    if (!timing.forecast(numbers, this.#batchesPerCall, Date.now()).submit) return false;
    for (const batch of batches) await this.#assertKey(batch);
    return await this.#submit(
      await longestFitting(batches, async (some) =>
        dataLength(await rollup.encodeCommitAndProve(some, keys)),
      ),
    );
  }

  async #submit(batches: readonly ProvenBatch[]): Promise<boolean> {
    const { rollup, sender, source, keys, logger } = this.#options;
    const [first, last] = [batches[0]!.number, batches.at(-1)!.number];
    const refusal = await rollup.refusalOf(sender.address, batches, keys);
    if (refusal !== undefined)
      return await this.#submitBefore(await this.#findRefused(batches, refusal), batches);
    source.markSubmitted(first, last);
    try {
      const mined = await sender.send({
        to: rollup.address,
        data: await rollup.encodeCommitAndProve(batches, keys),
        purpose: first === last ? `batch ${first}` : `batches ${first}..${last}`,
      });
      if (!mined.succeeded) source.markNotSubmitted(first, last);
      return mined.succeeded;
    } catch (error) {
      source.markNotSubmitted(first, last);
      if (!(error instanceof MillraceError && error.code === 'gas-cap' && batches.length > 1)) throw error;
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
    const { rollup, sender, keys } = this.#options;
    let [good, bad, reason] = [0, batches.length, refusal];
    while (bad - good > 1) {
      const middle = Math.floor((good + bad) / 2);
      const found = await rollup.refusalOf(sender.address, batches.slice(0, middle), keys);
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
    const { rollup, source, logger } = this.#options;
    const { number } = batches[place]!;
    if (rollup.isProofRefusal(refusal)) {
      logger.error(
        { batch: number, code: refusal.code, ...refusal.details },
        'L1 refuses a proof: the batch is proved again',
      );
      source.refuseProof(number, refusal.message);
    } else if (rollup.isOverdueRefusal(refusal) && source.takeOverdueL1(number)) {
      logger.warn(
        { batch: number, code: refusal.code, ...refusal.details },
        'L1 wants overdue L1 ops first: the batches from this one on are built again with them',
      );
    } else if (place === 0) {
      throw new MillraceError('refused', 'batch-refused', `L1 refuses batch ${number}: ${refusal.message}`, {
        details: { batch: number, reason: refusal.code, ...refusal.details },
        ...(refusal.fix === undefined ? {} : { fix: refusal.fix }),
        cause: refusal,
      });
    }
    return place > 0 ? await this.#submit(batches.slice(0, place)) : false;
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

/**
 * The longest beginning of the list whose call a transaction can carry; one item in any case.
 * @param size of a call with these items, bytes
 */
export async function longestFitting<T>(
  items: readonly T[],
  size: (items: readonly T[]) => Promise<number>,
): Promise<readonly T[]> {
  let fitting = items;
  while (fitting.length > 1 && (await size(fitting)) > CALLDATA_BYTES_CAP) fitting = fitting.slice(0, -1);
  return fitting;
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
