import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonRpcProvider, type Result, type TransactionReceipt, Wallet } from 'ethers';
import { CALLDATA_BYTES_CAP, TRANSACTION_GAS_CAP } from '../../aggregator/fees.ts';
import { l1Provider } from '../../aggregator/l1-connection.ts';
import { type BlobCall, blobFields, type PackedBlob, packBlob } from '../../aggregator/packed-blob.ts';
import { aggregateProofs, type ProvenStatement } from '../../aggregator/proof-aggregation.ts';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import { BLOB_ELEMENTS } from '../../protocol/blob/blob.ts';
import { splitLayout, splitVector } from '../../protocol/blob/split.ts';
import { encodeVisible } from '../../protocol/blob/visible-data.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { MillraceError } from '../../protocol/error.ts';
import { FEE_CODE_BITS } from '../../protocol/fee.ts';
import { OP_TYPE } from '../../protocol/ops.ts';
import { challenge, encodeData, evaluate } from '../../protocol/public-data.ts';
import type { Shape } from '../../protocol/shape.ts';
import { type BatchContent, type L2Entry, toVector } from '../../protocol/vector.ts';
import { deployRollup } from '../../scripts/deploy.ts';
import type { LocalL1 } from '../../scripts/local-l1.ts';
import { Random } from '../../scripts/random.ts';
import { type TrapdoorKey, trapdoorKey } from '../../scripts/trapdoor-key.ts';

/** What one transaction cost. */
export interface TransactionCost {
  readonly gas: number;
  readonly calldataBytes: number;
}

/** A batch as the contract takes it. */
interface BatchInput {
  readonly shape: number;
  readonly newRoot: bigint;
  readonly c: bigint;
  readonly data: Uint8Array;
}

/** Batches on top of the genesis, with their proofs. */
export interface PricedBatches {
  readonly inputs: readonly BatchInput[];
  readonly statements: readonly ProvenStatement[];
}

/** Batches with their proofs and the blob that holds their data. */
export interface PricedBlob {
  readonly call: BlobCall;
  readonly inputs: readonly (BatchInput & { readonly y: bigint })[];
  readonly statements: readonly ProvenStatement[];
}

/** Seconds between two blocks; with the times given, every run costs the same. */
const BLOCK_SECONDS = 12;
const FIRST_BLOCK_AT = 2_000_000_000;
const PROOF_DEADLINE_SECONDS = 3_600;
/** Longest wait for a transaction to be mined. */
const MINING_MS = 60_000;
/** r has 254 bits. */
const FIELD_BITS = 253;
const AMOUNT_BITS = 64;
/** Batches that can wait for their proofs. */
const MOST_UNPROVEN = 255;
/** Wei per blob gas, more than any here costs. */
const BLOB_FEE = 10n ** 9n;
const NO_HASH = `0x${'0'.repeat(64)}`;

/**
 * A rollup on a local L1 whose keys' secrets are known: its proofs are of any batch, and cost what others cost. All fields
 * of an op are random over their whole width, so that no other transfers cost more calldata.
 *
 * It is one that has been running: the contract's ring of hashes was written before, so that a batch takes no new storage.
 */
export class GasRollup {
  readonly deployment: DeployManifest;
  readonly contract: RollupContract;
  readonly provider: JsonRpcProvider;
  readonly exitKey: TrapdoorKey;
  readonly #operator: Wallet;
  readonly #keys: readonly TrapdoorKey[];
  readonly #shapes: readonly Shape[];
  readonly #random = new Random(1);
  #time = FIRST_BLOCK_AT;

  private constructor(
    deployment: DeployManifest,
    operator: Wallet,
    shapes: readonly Shape[],
    keys: readonly TrapdoorKey[],
    exitKey: TrapdoorKey,
  ) {
    this.deployment = deployment;
    this.provider = operator.provider as JsonRpcProvider;
    this.contract = new RollupContract(this.provider, deployment);
    this.exitKey = exitKey;
    this.#operator = operator;
    this.#shapes = shapes;
    this.#keys = keys;
  }

  /** Deploys with account 0 of the L1 as the operator. The shapes are of one depth. */
  static async deploy(l1: LocalL1, shapes: readonly Shape[]): Promise<GasRollup> {
    const operator = new Wallet(l1.privateKeys[0]!, l1Provider(l1.url, l1.chainId));
    const keys = await Promise.all(shapes.map((_, i) => trapdoorKey(1 + i)));
    const exitKey = await trapdoorKey(0);
    const deployKey = ({ verificationKey }: TrapdoorKey) => ({
      verificationKey,
      manifestId: 'gas',
      devKeys: true,
    });
    const deployment = await deployRollup({
      operator,
      shapes: shapes.map((shape, i) => ({ shape, ...deployKey(keys[i]!) })),
      exit: deployKey(exitKey),
      tokens: [],
      l1Deadline: 1_000 * PROOF_DEADLINE_SECONDS,
      proofDeadline: PROOF_DEADLINE_SECONDS,
    });
    const rollup = new GasRollup(deployment, operator, shapes, keys, exitKey);
    await rollup.#writeRing();
    return rollup;
  }

  close(): void {
    this.provider.destroy();
  }

  /**
   * `count` batches in the order of the shapes' ids, over and over.
   * @param transfers in each; the shape is full by default
   * @param amountBits amounts are below 2^this
   */
  batches(
    count: number,
    { transfers, amountBits = AMOUNT_BITS }: { transfers?: number; amountBits?: number } = {},
  ): PricedBatches {
    let root = BigInt(this.deployment.genesisRoot);
    const inputs: BatchInput[] = [];
    const statements: ProvenStatement[] = [];
    const ids = this.#shapes.flatMap(({ blob }, shapeId) => (blob ? [] : [shapeId]));
    for (let i = 0; i < count; i++) {
      const shapeId = ids[i % ids.length]!;
      const shape = this.#shapes[shapeId]!;
      const content = this.#content(i + 1, root, shape, transfers ?? shape.n2, amountBits);
      const d = toVector(content, shape);
      const data = encodeData(d, shape, { l1: 0, l2: content.l2.length });
      const c = this.#random.bits(FIELD_BITS);
      const z = challenge(c, shapeId, d, data);
      inputs.push({ shape: shapeId, newRoot: content.newRoot, c, data });
      const publicInputs = [c, z, evaluate(d, z)] as const;
      const { verificationKey, prove } = this.#keys[shapeId]!;
      statements.push({ shape: shapeId, verificationKey, publicInputs, proof: prove(publicInputs) });
      root = content.newRoot;
    }
    return { inputs, statements };
  }

  /**
   * `count` full batches of the shape that is for blobs, in one blob; undefined if they do not fit.
   * @throws {MillraceError} `refused/no-kzg`
   */
  async blobOf(count: number): Promise<PricedBlob | undefined> {
    const shapeId = this.#shapes.findIndex(({ blob }) => blob);
    const shape = this.#shapes[shapeId]!;
    if (count * splitLayout(shape).hiddenLength > BLOB_ELEMENTS) return undefined;
    let root = BigInt(this.deployment.genesisRoot);
    const roots: bigint[] = [];
    const batches = Array.from({ length: count }, (_, i) => {
      const content = this.#content(i + 1, root, shape, shape.n2, AMOUNT_BITS);
      root = content.newRoot;
      roots.push(root);
      const { visible, hidden } = splitVector(toVector(content, shape), shape);
      const c = this.#random.bits(FIELD_BITS);
      return { c, shapeId, visible, hidden, data: encodeVisible(visible, shape, 0) };
    });
    const call = await packBlob(batches);
    const { verificationKey, prove } = this.#keys[shapeId]!;
    return {
      call,
      inputs: batches.map(({ c, data }, i) => {
        return { shape: shapeId, newRoot: roots[i]!, c, y: call.openings[i]!.y, data };
      }),
      statements: call.openings.map(({ a, zy, yLo }) => {
        const publicInputs = [a, zy, yLo] as const;
        return { shape: shapeId, verificationKey, publicInputs, proof: prove(publicInputs) };
      }),
    };
  }

  /** Cost of committing and proving batches in a blob in one call, without the blob gas. Leaves L1 as it was. */
  async commitAndProveBlob({ call, inputs, statements }: PricedBlob): Promise<TransactionCost | undefined> {
    const { proofs, sums } = await aggregateProofs(statements);
    const args = [call.opening, inputs, proofs, sums];
    return await this.#undone(() => this.call('commitAndProveBlobBatches', args, { blob: call.blob }));
  }

  /** Cost of committing and proving in one call; undefined where no transaction can carry it. Leaves L1 as it was. */
  async commitAndProve({ inputs, statements }: PricedBatches): Promise<TransactionCost | undefined> {
    const { proofs, sums } = await aggregateProofs(statements);
    return await this.#undone(() => this.call('commitAndProveBatches', [inputs, proofs, sums]));
  }

  /** Cost of committing first and proving later, in two transactions. Leaves L1 as it was. */
  async commitThenProve({
    inputs,
    statements,
  }: PricedBatches): Promise<{ commit: TransactionCost; prove: TransactionCost } | undefined> {
    return await this.#undone(async () => {
      const from = 1 + (await this.provider.getBlockNumber());
      const commit = await this.#commit(inputs);
      if (commit === undefined) return undefined;
      const headers = await this.#committedSince(from);
      const { proofs, sums } = await aggregateProofs(statements);
      const prove = await this.call('proveBatches', [headers, proofs, sums]);
      return prove === undefined ? undefined : { commit, prove };
    });
  }

  /**
   * Calls the contract, `BLOCK_SECONDS` after the last block.
   * @param from the operator by default
   * @param blob that the transaction carries
   * @returns undefined where no transaction can carry the call: it is too long, or needs more gas than the cap
   */
  async call(
    name: string,
    args: readonly unknown[],
    {
      from = this.#operator,
      value = 0n,
      blob,
    }: { from?: Wallet; value?: bigint; blob?: PackedBlob | undefined } = {},
  ): Promise<TransactionCost | undefined> {
    const data = this.contract.interface.encodeFunctionData(name, args);
    const calldataBytes = data.length / 2 - 1;
    if (calldataBytes > CALLDATA_BYTES_CAP) return undefined;
    await this.passTime(BLOCK_SECONDS);
    const nonce = await this.provider.getTransactionCount(from.address);
    const request = { to: this.contract.address, data, value, nonce, gasLimit: TRANSACTION_GAS_CAP };
    const { hash } =
      blob === undefined
        ? await from.sendTransaction(request)
        : await from.sendTransaction({ ...request, ...blobFields(blob), maxFeePerBlobGas: BLOB_FEE });
    const receipt = await this.#receipt(hash);
    const gas = Number(receipt.gasUsed);
    if (receipt.status === 1) return { gas, calldataBytes };
    if (receipt.gasUsed > (TRANSACTION_GAS_CAP * 98n) / 100n) return undefined;
    throw new MillraceError('internal', 'call-reverted', `The contract refuses ${name}`, {
      details: { gas },
    });
  }

  /** Anvil answers a sent transaction before it has mined it, however short that is. */
  async #receipt(hash: string): Promise<TransactionReceipt> {
    for (const until = Date.now() + MINING_MS; Date.now() < until; await sleep(10)) {
      const receipt = await this.provider.getTransactionReceipt(hash);
      if (receipt !== null) return receipt;
    }
    throw new MillraceError('internal', 'not-mined', 'The local L1 does not mine a transaction', {
      details: { hash, waitedMs: MINING_MS },
      fix: 'Measure again on a machine with less to do.',
    });
  }

  /** Sets the time of the next block. @param seconds after the last one */
  async passTime(seconds: number): Promise<void> {
    this.#time += seconds;
    await this.provider.send('evm_setNextBlockTimestamp', [this.#time]);
  }

  #content(
    number: number,
    oldRoot: bigint,
    shape: Shape,
    transfers: number,
    amountBits: number,
  ): BatchContent {
    return {
      domain: BigInt(this.deployment.domain),
      number,
      oldRoot,
      newRoot: this.#random.bits(FIELD_BITS),
      feeIndexes: [1],
      l1: [],
      l2: Array.from({ length: transfers }, () => this.#transfer(shape.depth, amountBits)),
    };
  }

  #transfer(depth: number, amountBits: number): L2Entry {
    const index = (): number => this.#random.below(2 ** Math.min(depth, 24));
    const amount = this.#random.bits(amountBits);
    const feeCode = this.#random.below(2 ** FEE_CODE_BITS);
    return { type: OP_TYPE.transfer, from: index(), to: index(), amount, feeCode, aux: 0n };
  }

  /** Queues an L1 op, commits as many empty batches as the ring takes, and reverts them. */
  async #writeRing(): Promise<void> {
    await this.call('requestForcedExit', [1, 2, 3]);
    const { inputs } = this.batches(MOST_UNPROVEN, { transfers: 0 });
    const from = 1 + (await this.provider.getBlockNumber());
    for (let i = 0; i < inputs.length; i += 85) await this.#commit(inputs.slice(i, i + 85));
    const [oldest] = await this.#committedSince(from);
    await this.passTime(PROOF_DEADLINE_SECONDS + 1);
    await this.call('revertBatches', [oldest]);
  }

  async #commit(inputs: readonly BatchInput[]): Promise<TransactionCost | undefined> {
    const committed = await this.#committedSince(this.deployment.block);
    const { committedNumber } = await this.contract.state();
    const parent = committed.findLast(({ number }) => Number(number) === committedNumber)!;
    const grandparent = committedNumber === 0 ? NO_HASH : await this.#parentHash(committedNumber);
    return await this.call('commitBatches', [grandparent, parent, inputs]);
  }

  async #parentHash(number: number): Promise<string> {
    const logs = await this.#commits(this.deployment.block);
    return String(logs.findLast((args) => Number(args.number) === number)!.parentHash);
  }

  /** The headers of the batches that were committed in blocks from `block` on. */
  async #committedSince(block: number): Promise<Record<string, unknown>[]> {
    return (await this.#commits(block)).map(({ header }) => (header as Result).toObject());
  }

  async #commits(fromBlock: number): Promise<Result[]> {
    const { interface: abi, address } = this.contract;
    const topics = [abi.getEvent('BatchCommitted')!.topicHash];
    const logs = await this.provider.getLogs({ address, topics, fromBlock });
    return logs.map((log) => abi.parseLog(log)!.args);
  }

  async #undone<T>(work: () => Promise<T>): Promise<T> {
    const time = this.#time;
    const snapshot: unknown = await this.provider.send('evm_snapshot', []);
    try {
      return await work();
    } finally {
      await this.provider.send('evm_revert', [snapshot]);
      this.#time = time;
    }
  }
}
