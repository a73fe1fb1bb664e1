import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonRpcProvider, Wallet } from 'ethers';
import { TRANSACTION_GAS_CAP } from '../../aggregator/fees.ts';
import { l1Provider } from '../../aggregator/l1-connection.ts';
import type { ProvenBatch } from '../../aggregator/ports.ts';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { MillraceError } from '../../protocol/error.ts';
import { type KeyPair, keyHash, keyPairFromPrivateKey } from '../../protocol/keys.ts';
import { signOp } from '../../protocol/ops.ts';
import type { Shape } from '../../protocol/shape.ts';
import { State } from '../../protocol/state.ts';
import { BatchDraft } from '../../protocol/transition.ts';
import { deployRollup } from '../../scripts/deploy.ts';
import { freshNonce } from '../../scripts/fresh-nonce.ts';
import { L1User } from '../../scripts/l1-user.ts';
import type { LocalL1 } from '../../scripts/local-l1.ts';
import { Random } from '../../scripts/random.ts';
import { type TrapdoorKey, trapdoorKey } from '../../scripts/trapdoor-key.ts';

/** Batches of a call: eight of 64 transfers are a fifth of what a transaction may carry. */
const CALL = 8;
const MANIFEST_ID = 'restore';
const TOKEN = 1;
/** One ETH. */
const BALANCE = 10n ** 9n;
const MOST_PAID = 1_000;
const SECONDS_A_DAY = 86_400;

/**
 * A rollup on a local L1 that grows by full batches of transfers between accounts drawn at random. The secrets of its key are known, so
 * that batches need no circuit: L1 and whoever restores it see what they see of any other.
 */
export class GrowingRollup {
  readonly deployment: DeployManifest;
  readonly #shape: Shape;
  readonly #key: TrapdoorKey;
  readonly #operator: Wallet;
  readonly #provider: JsonRpcProvider;
  readonly #contract: RollupContract;
  readonly #state: State;
  readonly #holders: readonly KeyPair[];
  /** L1 owner of all accounts. */
  readonly #owner: bigint;
  readonly #random = new Random(1);
  #number = 0;

  private constructor(
    deployment: DeployManifest,
    shape: Shape,
    { key, operator, owner }: { key: TrapdoorKey; operator: Wallet; owner: bigint },
  ) {
    this.deployment = deployment;
    this.#owner = owner;
    this.#shape = shape;
    this.#key = key;
    this.#operator = operator;
    this.#provider = operator.provider as JsonRpcProvider;
    this.#contract = new RollupContract(this.#provider, deployment);
    this.#state = new State(shape.depth);
    this.#holders = Array.from({ length: shape.m }, (_, i) => {
      const privateKey = new Uint8Array(32);
      new DataView(privateKey.buffer).setUint32(0, i + 1);
      return keyPairFromPrivateKey(privateKey);
    });
  }

  /** Deploys, and finalizes a first batch that opens an account in each slot of the shape. @param shape as many L1 ops as slots */
  static async start(l1: LocalL1, shape: Shape): Promise<GrowingRollup> {
    const provider = l1Provider(l1.url, l1.chainId);
    const [operator, user] = l1.privateKeys.map((key) => new Wallet(key, provider)) as [Wallet, Wallet];
    const key = await trapdoorKey(1);
    const exit = await trapdoorKey(2);
    const deployment = await deployRollup({
      operator,
      shapes: [{ shape, verificationKey: key.verificationKey, manifestId: MANIFEST_ID, devKeys: true }],
      exit: { verificationKey: exit.verificationKey, manifestId: MANIFEST_ID, devKeys: true },
      tokens: [],
      l1Deadline: SECONDS_A_DAY,
      proofDeadline: SECONDS_A_DAY,
    });
    const rollup = new GrowingRollup(deployment, shape, { key, operator, owner: BigInt(user.address) });
    await rollup.#openAccounts(new L1User(user, deployment));
    return rollup;
  }

  /** Batches so far. */
  get batches(): number {
    return this.#number;
  }

  get root(): bigint {
    return this.#state.root;
  }

  /** Makes and finalizes batches until there are so many. */
  async growTo(batches: number): Promise<void> {
    while (this.#number < batches) {
      const proven: ProvenBatch[] = [];
      while (proven.length < CALL && this.#number < batches) proven.push(this.#transfers());
      await this.#finalize(proven);
    }
  }

  close(): void {
    this.#provider.destroy();
  }

  async #openAccounts(user: L1User): Promise<void> {
    const owner = this.#owner;
    const hashes = this.#holders.map(({ publicKey }) => keyHash(publicKey, owner));
    await user.deposit(hashes.map((hash) => ({ token: TOKEN, units: BALANCE, keyHash: hash })));
    const draft = this.#draft();
    for (const hash of hashes) {
      draft.addL1({ type: 'deposit', depositor: owner, token: TOKEN, amount: BALANCE, keyHash: hash });
    }
    await this.#finalize([this.#prove(draft)]);
  }

  #transfers(): ProvenBatch {
    const draft = this.#draft();
    const domain = BigInt(this.deployment.domain);
    for (let i = 0; i < this.#shape.n2; i++) {
      const from = this.#random.below(this.#holders.length);
      const to = 1 + this.#random.below(this.#holders.length);
      const amount = BigInt(1 + this.#random.below(MOST_PAID));
      const { nonce } = draft.account(1 + from)!;
      const op = { type: 'transfer', from: 1 + from, to, token: TOKEN, amount, feeCode: 0, nonce } as const;
      draft.addL2(signOp(op, this.#holders[from]!, this.#owner, domain));
    }
    return this.#prove(draft);
  }

  #draft(): BatchDraft {
    this.#number += 1;
    const context = { domain: BigInt(this.deployment.domain), number: this.#number, feeAccounts: new Map() };
    return new BatchDraft(this.#state, this.#shape, context);
  }

  #prove(draft: BatchDraft): ProvenBatch {
    const { number, shape, oldRoot, newRoot, c, z, y, data } = draft.seal(this.#shape, 0);
    const proof = this.#key.prove([c, z, y]);
    const publicSignals = [c, z, y] as const;
    return { number, shape, manifestId: MANIFEST_ID, oldRoot, newRoot, c, publicSignals, data, proof };
  }

  async #finalize(batches: readonly ProvenBatch[]): Promise<void> {
    const { verificationKey } = this.#key;
    const keys = new Map([[this.#shape.name, { verificationKey }]]);
    const data = await this.#contract.encodeCommitAndProve(batches, keys);
    const nonce = await freshNonce(this.#operator);
    const to = this.#contract.address;
    const { hash } = await this.#operator.sendTransaction({ to, data, nonce, gasLimit: TRANSACTION_GAS_CAP });
    for (;;) {
      const receipt = await this.#provider.getTransactionReceipt(hash);
      if (receipt?.status === 1) return;
      if (receipt !== null) {
        throw new MillraceError('internal', 'call-reverted', 'The contract refuses the batches', {
          details: { first: batches[0]?.number, gas: String(receipt.gasUsed) },
        });
      }
      await sleep(10);
    }
  }
}
