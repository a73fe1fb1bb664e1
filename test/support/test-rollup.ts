import { type JsonRpcProvider, Wallet } from 'ethers';
import type { ProvenBatch } from '../../aggregator/ports.ts';
import type { SubmittedKey } from '../../aggregator/submitter.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import type { L1Op } from '../../protocol/l1-ops.ts';
import type { SignedOp } from '../../protocol/ops.ts';
import { SHAPES, type Shape } from '../../protocol/shape.ts';
import { State } from '../../protocol/state.ts';
import { BatchDraft, type SealedBatch } from '../../protocol/transition.ts';
import { type DeployKey, deployRollup } from '../../scripts/deploy.ts';
import type { LocalL1 } from '../../scripts/local-l1.ts';
import { type TrapdoorKey, trapdoorKey } from '../../scripts/trapdoor-key.ts';

/** Small, so that a few ops fill a batch; its key is the test's own, so no circuit is compiled for it. */
export const SHAPE: Shape = { name: 'tiny', n2: 2, n1: 2, m: 4, depth: SHAPES.tiny.depth };
const MANIFEST_ID = 'trapdoor';

/** A rollup on a local L1 with one small shape and a key whose proofs the test makes itself, and its L2 side. */
export class TestRollup {
  readonly deployment: DeployManifest;
  readonly key: TrapdoorKey;
  readonly exitKey: TrapdoorKey;
  readonly state = new State(SHAPE.depth);
  #number = 0;

  private constructor(deployment: DeployManifest, key: TrapdoorKey, exitKey: TrapdoorKey) {
    this.deployment = deployment;
    this.key = key;
    this.exitKey = exitKey;
  }

  /**
   * Deploys with account 0 of the L1 as the operator.
   * @param exit key of the exit circuit; default: one whose proofs the test makes itself
   */
  static async deploy(l1: LocalL1, provider: JsonRpcProvider, exit?: DeployKey): Promise<TestRollup> {
    const key = await trapdoorKey(1);
    const exitKey = await trapdoorKey(2);
    const deployment = await deployRollup({
      operator: new Wallet(l1.privateKeys[0]!, provider),
      shapes: [
        { shape: SHAPE, verificationKey: key.verificationKey, manifestId: MANIFEST_ID, devKeys: true },
      ],
      exit: exit ?? { verificationKey: exitKey.verificationKey, manifestId: MANIFEST_ID, devKeys: true },
      tokens: [],
      l1Deadline: 86_400,
      proofDeadline: 43_200,
    });
    return new TestRollup(deployment, key, exitKey);
  }

  get domain(): bigint {
    return BigInt(this.deployment.domain);
  }

  /** The keys that a submitter of this rollup proves with. */
  get keys(): Map<string, SubmittedKey> {
    const { verificationKey } = this.key;
    const { vkHash } = this.deployment.shapes[0]!;
    return new Map([[SHAPE.name, { manifestId: MANIFEST_ID, vkHash, verificationKey }]]);
  }

  /** The next batch, with these ops in it, and its proof. */
  nextBatch(
    l1: readonly L1Op[] = [],
    l2: readonly SignedOp[] = [],
  ): { sealed: SealedBatch; proven: ProvenBatch } {
    this.#number += 1;
    const context = { domain: this.domain, number: this.#number, feeAccounts: new Map<number, number>() };
    const draft = new BatchDraft(this.state, SHAPE, context);
    for (const op of l1) draft.addL1(op);
    for (const op of l2) draft.addL2(op);
    const sealed = draft.seal(SHAPE, 0);
    const { number, shape, oldRoot, newRoot, c, z, y, data } = sealed;
    const proof = this.key.prove([c, z, y]);
    return {
      sealed,
      proven: {
        number,
        shape,
        manifestId: MANIFEST_ID,
        oldRoot,
        newRoot,
        c,
        publicSignals: [c, z, y],
        data,
        proof,
      },
    };
  }
}
