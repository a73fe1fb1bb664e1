import {
  AbiCoder,
  Contract,
  getAddress,
  type Interface,
  isError,
  type JsonRpcProvider,
  keccak256,
  type Log,
  toQuantity,
} from 'ethers';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';
import type { L1Elements } from '../protocol/l1-ops.ts';
import type { VerificationKey } from '../prover/proof.ts';
import { contractArtifact } from './contract-artifacts.ts';
import { contractRefusal } from './contract-error.ts';
import { currentBlobFee } from './fees.ts';
import type { BlobCall } from './packed-blob.ts';
import type { ProvenBatch } from './ports.ts';
import { type AggregatedProofs, aggregateProofs } from './proof-aggregation.ts';

/** The contract's `RollupState`. */
export interface RollupState {
  readonly committedNumber: number;
  readonly finalizedNumber: number;
  /** L1 ops consumed by committed batches, and by finalized ones. */
  readonly l1Committed: number;
  readonly l1Finalized: number;
  /** L1 ops ever queued. */
  readonly l1QueueLength: number;
  readonly finalizedRoot: bigint;
  /** Whether the rollup has ended: no batch will be finalized any more, owners leave with exit proofs. */
  readonly exitMode: boolean;
}

/** The key of each shape, by the shape's name. */
export type ShapeKeys = ReadonlyMap<string, { readonly verificationKey: VerificationKey }>;

/** Bits of an op's hash that the queue keeps. */
const QUEUE_HASH_BITS = 216n;

/** Refusals that speak of a proof and not of the batch data. */
const PROOF_REFUSALS = new Set(['l1-invalid-proof', 'l1-curve-operation-failed']);

/** The rollup contract of one deployment, with checked and typed answers. */
export class RollupContract {
  readonly address: string;
  readonly interface: Interface;
  readonly #contract: Contract;
  readonly #provider: JsonRpcProvider;
  readonly #shapeIds: ReadonlyMap<string, number>;

  constructor(provider: JsonRpcProvider, deployment: DeployManifest) {
    this.address = getAddress(deployment.rollup.toLowerCase());
    this.interface = contractArtifact('Millrace').interface;
    this.#contract = new Contract(this.address, this.interface, provider);
    this.#provider = provider;
    this.#shapeIds = new Map(deployment.shapes.map(({ name, shapeId }) => [name, shapeId]));
  }

  /** First topic of an event. */
  topic(event: 'L1OpQueued' | 'BatchFinalized'): string {
    return this.interface.getEvent(event)!.topicHash;
  }

  /**
   * Checks that the contract is what the deployment manifest says: there, and with this domain and operator.
   * @throws {MillraceError} `refused/wrong-deployment`
   */
  async assertDeployment(deployment: DeployManifest): Promise<void> {
    const onL1 = {
      chainId: Number(await this.#provider.send('eth_chainId', [])),
      domain: text(await this.#viewIfThere('domain')),
      operator: text(await this.#viewIfThere('operator')),
      depth: text(await this.#viewIfThere('depth')),
    };
    const { domain, operator, depth } = deployment;
    const expected = {
      chainId: deployment.chainId,
      domain,
      operator: getAddress(operator.toLowerCase()),
      depth: String(depth),
    };
    if (JSON.stringify(onL1) === JSON.stringify(expected)) return;
    throw new MillraceError(
      'refused',
      'wrong-deployment',
      'The rollup on L1 is not the one of the deployment manifest',
      {
        details: { rollup: this.address, expected, found: onL1 },
        fix: 'Check the RPC URL and the deployment manifest. A local L1 that was started anew has forgotten its contracts.',
      },
    );
  }

  /** Where the rollup stands in L1's latest block. */
  async state(): Promise<RollupState> {
    const state = (await this.#view('state')) as Record<Exclude<keyof RollupState, 'exitMode'>, bigint> & {
      exitMode: boolean;
    };
    return {
      committedNumber: Number(state.committedNumber),
      finalizedNumber: Number(state.finalizedNumber),
      l1Committed: Number(state.l1Committed),
      l1Finalized: Number(state.l1Finalized),
      l1QueueLength: Number(state.l1QueueLength),
      finalizedRoot: state.finalizedRoot,
      exitMode: state.exitMode,
    };
  }

  /** Hash of the key in the verifier of a shape, 0x + 64 hex. */
  async verifierKeyHash(shapeId: number): Promise<string> {
    const shape = (await this.#view('shapes', [shapeId])) as { verifier: string };
    const verifier = new Contract(
      shape.verifier,
      contractArtifact('Groth16Verifier').interface,
      this.#provider,
    );
    return String(await verifier.getFunction('vkHash').staticCall());
  }

  /**
   * Whether the contract's queue has this op at this place. It is asked of the latest state, which every node has:
   * an entry never changes and is never removed.
   */
  async queueHolds(op: { id: number; elements: L1Elements; timestamp: number }): Promise<boolean> {
    const entry = await this.#viewIfThere('l1Queue', [op.id]);
    if (entry === undefined) return false;
    const { timestamp, opHash } = entry as Record<string, bigint>;
    const encoded = AbiCoder.defaultAbiCoder().encode(['uint256', 'uint256[3]'], [op.id, op.elements]);
    const expected = BigInt(keccak256(encoded)) >> (256n - QUEUE_HASH_BITS);
    return timestamp === BigInt(op.timestamp) && opHash === expected;
  }

  /** Reads an `L1OpQueued` event. */
  l1OpQueued(log: Log): { id: number; elements: L1Elements; timestamp: number } {
    const { id, e0, e1, e2, timestamp } = this.#event(log, 'L1OpQueued') as Record<string, bigint>;
    return { id: Number(id), elements: [e0!, e1!, e2!], timestamp: Number(timestamp) };
  }

  /** Reads a `BatchFinalized` event. */
  batchFinalized(log: Log): { number: number; newRoot: bigint } {
    const { number, newRoot } = this.#event(log, 'BatchFinalized') as Record<string, bigint>;
    return { number: Number(number), newRoot: newRoot! };
  }

  /** Calldata that commits and finalizes these batches, none in a blob. @param keys of their shapes */
  async encodeCommitAndProve(batches: readonly ProvenBatch[], keys: ShapeKeys): Promise<string> {
    const inputs = batches.map(({ shape, newRoot, c, data }) => ({
      shape: this.#shapeId(shape),
      newRoot,
      c,
      data,
    }));
    const { proofs, sums } = await aggregated(batches, keys);
    return this.interface.encodeFunctionData('commitAndProveBatches', [inputs, proofs, sums]);
  }

  /** Calldata that commits and finalizes these batches, which are all of a blob. */
  async encodeCommitAndProveBlob(
    batches: readonly ProvenBatch[],
    keys: ShapeKeys,
    { opening, openings }: BlobCall,
  ): Promise<string> {
    const inputs = batches.map(({ shape, newRoot, c, data }, i) => ({
      shape: this.#shapeId(shape),
      newRoot,
      c,
      y: openings[i]!.y,
      data,
    }));
    const { proofs, sums } = await aggregated(batches, keys);
    return this.interface.encodeFunctionData('commitAndProveBlobBatches', [opening, inputs, proofs, sums]);
  }

  /** Why L1's latest state would not accept this call; undefined if it would. @param blob in its transaction */
  async refusalOf(
    from: string,
    { data, blob }: { data: string; blob?: { readonly versionedHash: string } | undefined },
  ): Promise<MillraceError | undefined> {
    try {
      if (blob === undefined) await this.#provider.call({ from, to: this.address, data });
      else await this.#callWithBlob({ from, to: this.address, data }, blob.versionedHash);
      return undefined;
    } catch (error) {
      const refusal = contractRefusal(error, this.interface);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  /** Whether a refusal is about a proof: then a new proof of the same batch helps. */
  isProofRefusal(refusal: MillraceError): boolean {
    return PROOF_REFUSALS.has(refusal.code);
  }

  /** Whether a refusal is about an L1 op that the batch leaves behind past its deadline. */
  isOverdueRefusal(refusal: MillraceError): boolean {
    return refusal.code === 'l1-queue-overdue';
  }

  #shapeId(shape: string): number {
    const id = this.#shapeIds.get(shape);
    if (id !== undefined) return id;
    throw new MillraceError(
      'refused',
      'shape-not-deployed',
      `The rollup has no verifier for the shape ${shape}`,
      {
        details: { shape, deployed: [...this.#shapeIds.keys()] },
        fix: 'Use one of the deployed shapes.',
      },
    );
  }

  /** ethers leaves the blob's fields out of its own calls. */
  async #callWithBlob(request: { from: string; to: string; data: string }, hash: string): Promise<void> {
    const fee = await currentBlobFee(this.#provider);
    const fields = { type: '0x3', blobVersionedHashes: [hash], maxFeePerBlobGas: toQuantity(fee) };
    await this.#provider.send('eth_call', [{ ...request, ...fields }, 'latest']);
  }

  async #view(name: string, args: readonly unknown[] = []): Promise<unknown> {
    return (await this.#contract.getFunction(name).staticCall(...args)) as unknown;
  }

  /** Undefined if the contract has no such view or refuses, or there is no contract. */
  async #viewIfThere(name: string, args: readonly unknown[] = []): Promise<unknown> {
    try {
      return await this.#view(name, args);
    } catch (error) {
      if (isError(error, 'CALL_EXCEPTION') || isError(error, 'BAD_DATA')) return undefined;
      throw error;
    }
  }

  #event(log: Log, name: string): unknown {
    const parsed = this.interface.parseLog(log);
    if (parsed?.name === name && getAddress(log.address) === this.address) return parsed.args;
    throw new MillraceError('refused', 'foreign-event', 'The L1 node gave a log that was not asked for', {
      details: { expected: name, found: parsed?.name, address: log.address, block: log.blockNumber },
      fix: 'If this stays, use another L1 node.',
    });
  }
}

/** What L1 takes of the batches' proofs. */
async function aggregated(batches: readonly ProvenBatch[], keys: ShapeKeys): Promise<AggregatedProofs> {
  return await aggregateProofs(
    batches.map(({ shape, publicSignals: publicInputs, proof }) => {
      const { verificationKey } = keys.get(shape)!;
      return { shape, verificationKey, publicInputs, proof };
    }),
  );
}

/** A view's answer for comparison and for people. */
function text(answer: unknown): string {
  return answer === undefined ? 'none' : String(answer);
}
