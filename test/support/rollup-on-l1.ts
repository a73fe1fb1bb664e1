import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonRpcProvider, type Result, Wallet } from 'ethers';
import { contractRefusal } from '../../aggregator/contract-error.ts';
import { l1Provider } from '../../aggregator/l1-connection.ts';
import { RollupContract, type RollupState } from '../../aggregator/rollup-contract.ts';
import { type ProofOnL1, proofOnL1 } from '../../aggregator/verifying-key.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import type { ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';
import type { Groth16Proof } from '../../prover/proof.ts';
import { deployRollup } from '../../scripts/deploy.ts';
import { freshNonce } from '../../scripts/fresh-nonce.ts';
import { L1User } from '../../scripts/l1-user.ts';
import type { LocalL1 } from '../../scripts/local-l1.ts';
import { trapdoorKey } from '../../scripts/trapdoor-key.ts';

/** The contract's `BatchInput`. */
export interface BatchInput {
  readonly shape: number;
  readonly newRoot: bigint;
  readonly c: bigint;
  readonly data: Uint8Array;
}

/** The contract's `BatchHeader`. */
export interface BatchHeader {
  readonly number: bigint;
  readonly shape: bigint;
  readonly committedAt: bigint;
  readonly l1End: bigint;
  readonly newRoot: bigint;
  readonly c: bigint;
  readonly z: bigint;
  readonly y: bigint;
  readonly payoutsRoot: string;
}

const NO_HASH = `0x${'0'.repeat(64)}`;
/** More than any of these calls takes, so that those that fail are mined too. */
const GAS = 3_000_000n;

/** A rollup with real keys on a local L1, and its operator, who may try anything. */
export class RollupOnL1 {
  readonly deployment: DeployManifest;
  readonly provider: JsonRpcProvider;
  /** Deposits; account 1 of the L1. */
  readonly user: L1User;
  readonly #operator: Wallet;
  readonly #contract: RollupContract;

  private constructor(deployment: DeployManifest, operator: Wallet, user: Wallet) {
    this.deployment = deployment;
    this.provider = operator.provider as JsonRpcProvider;
    this.user = new L1User(user, deployment);
    this.#operator = operator;
    this.#contract = new RollupContract(this.provider, deployment);
  }

  /**
   * Deploys with account 0 of the L1 as the operator.
   * @param copies the shape gets the shape ids from 0 to `copies - 1`
   */
  static async deploy(l1: LocalL1, artifacts: ShapeArtifacts, copies = 1): Promise<RollupOnL1> {
    const provider = l1Provider(l1.url, l1.chainId);
    const [operator, user] = [0, 1].map((i) => new Wallet(l1.privateKeys[i]!, provider)) as [Wallet, Wallet];
    const { manifest, manifestId, vkey: verificationKey } = artifacts;
    const shape = { shape: manifest.shape, verificationKey, manifestId, devKeys: true };
    const shapes = Array.from({ length: copies }, () => shape);
    const exitKey = await trapdoorKey(3);
    const deployment = await deployRollup({
      operator,
      shapes,
      exit: { verificationKey: exitKey.verificationKey, manifestId: 'e', devKeys: true },
      tokens: [],
      l1Deadline: 86_400,
      proofDeadline: 86_400,
    });
    return new RollupOnL1(deployment, operator, user);
  }

  close(): void {
    this.provider.destroy();
  }

  state(): Promise<RollupState> {
    return this.#contract.state();
  }

  /** Calldata of the operator's one-step call. */
  commitAndProve(input: BatchInput, proof: Groth16Proof | ProofOnL1): string {
    return this.#encode('commitAndProveBatches', [[input], ...onL1(proof)]);
  }

  /** Calldata of the first of two steps, on top of `parent` whose own parent's header has the hash `grandparentHash`. */
  commit(input: BatchInput, parent = this.#genesis, grandparentHash = NO_HASH): string {
    return this.#encode('commitBatches', [grandparentHash, parent, [input]]);
  }

  /** Calldata of the second of two steps. */
  prove(header: BatchHeader, proof: Groth16Proof): string {
    return this.#encode('proveBatches', [[header], ...onL1(proof)]);
  }

  /** The header of the newest committed batch, as L1 tells it. */
  async committedHeader(): Promise<BatchHeader> {
    const { interface: abi, address } = this.#contract;
    const topics = [abi.getEvent('BatchCommitted')!.topicHash];
    const logs = await this.provider.getLogs({ address, topics, fromBlock: 0 });
    const header = abi.parseLog(logs.at(-1)!)!.args.header as Result;
    return header.toObject() as unknown as BatchHeader;
  }

  /** Why L1 would refuse this call, `l1-...`; undefined if it would not. @param from the operator by default */
  async refusal(data: string, from = this.#operator.address): Promise<string | undefined> {
    try {
      await this.provider.call({ from, to: this.#contract.address, data });
      return undefined;
    } catch (error) {
      const refusal = contractRefusal(error, this.#contract.interface);
      if (refusal === undefined) throw error;
      return refusal.code;
    }
  }

  /** Has the operator's call mined, whether it fails or not. @returns whether it succeeded */
  async mine(data: string): Promise<boolean> {
    const { address: to } = this.#contract;
    const nonce = await freshNonce(this.#operator);
    const { hash } = await this.#operator.sendTransaction({ to, data, nonce, gasLimit: GAS });
    // Not with ethers' waiting: it looks at new heights alone, and after undone() the next block is at one that it has seen.
    for (;;) {
      const receipt = await this.provider.getTransactionReceipt(hash);
      if (receipt !== null) return receipt.status === 1;
      await sleep(20);
    }
  }

  /** Does something on L1 and takes it back. */
  async undone<T>(work: () => Promise<T>): Promise<T> {
    const snapshot: unknown = await this.provider.send('evm_snapshot', []);
    try {
      return await work();
    } finally {
      await this.provider.send('evm_revert', [snapshot]);
    }
  }

  get #genesis(): BatchHeader {
    const newRoot = BigInt(this.deployment.genesisRoot);
    const numbers = { number: 0n, shape: 0n, committedAt: 0n, l1End: 0n, c: 0n, z: 0n, y: 0n };
    return { ...numbers, newRoot, payoutsRoot: NO_HASH };
  }

  #encode(name: string, args: readonly unknown[]): string {
    return this.#contract.interface.encodeFunctionData(name, args);
  }
}

/** The proofs and sums that L1 takes of a single proof. */
function onL1(proof: Groth16Proof | ProofOnL1): [Pick<ProofOnL1, 'a' | 'b'>[], ProofOnL1['c'][]] {
  const { a, b, c } = 'pi_a' in proof ? proofOnL1(proof) : proof;
  return [[{ a, b }], [c]];
}
