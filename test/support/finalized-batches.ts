import type { JsonRpcProvider, Result } from 'ethers';
import { getBytes } from 'ethers';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { decodeData } from '../../protocol/public-data.ts';
import { shapeByName } from '../../protocol/shape.ts';
import { type BatchContent, fromVector, type L2Entry, toHead } from '../../protocol/vector.ts';

/** A signed op as L1 has it, with its nonce: the number of ops of its payer before it. */
export interface FinalizedOp extends L2Entry {
  readonly nonce: number;
}

/**
 * Reads all finalized batches from L1 alone: from the calldata of the transactions that finalized them.
 * @throws Error if the events and the calldata do not belong together, or batches do not follow each other
 */
export async function finalizedBatches(
  provider: JsonRpcProvider,
  deployment: DeployManifest,
): Promise<BatchContent[]> {
  const rollup = new RollupContract(provider, deployment);
  const logs = await provider.getLogs({
    address: rollup.address,
    topics: [rollup.topic('BatchFinalized')],
    fromBlock: 0,
  });
  const finalized = logs.map((log) => ({ ...rollup.batchFinalized(log), transaction: log.transactionHash }));
  const inputs: { shape: bigint; newRoot: bigint; data: string }[] = [];
  for (const hash of new Set(finalized.map(({ transaction }) => transaction))) {
    const transaction = await provider.getTransaction(hash);
    const call = rollup.interface.parseTransaction({ data: transaction!.data });
    if (call?.name !== 'commitAndProveBatches') throw new Error(`another call finalized: ${call?.name}`);
    for (const input of call.args.batches as Result[]) inputs.push(input.toObject() as (typeof inputs)[0]);
  }
  if (inputs.length !== finalized.at(-1)?.number) throw new Error('events and calldata differ in number');
  const roots = new Map(finalized.map(({ number, newRoot }) => [number, newRoot]));

  let oldRoot = BigInt(deployment.genesisRoot);
  return inputs.map(({ shape: shapeId, newRoot, data }, i) => {
    const number = i + 1;
    if ((roots.get(number) ?? newRoot) !== newRoot)
      throw new Error(`the event of batch ${number} has another root`);
    const shape = shapeByName(deployment.shapes[Number(shapeId)]!.name);
    const head = toHead({ domain: BigInt(deployment.domain), number, oldRoot, newRoot });
    const { d, counts } = decodeData(getBytes(data), shape, head);
    const content = fromVector(d, shape);
    oldRoot = newRoot;
    return { ...content, l1: content.l1.slice(0, counts.l1), l2: content.l2.slice(0, counts.l2) };
  });
}

/** The signed ops of these batches, in order. */
export function finalizedOps(batches: readonly BatchContent[]): FinalizedOp[] {
  const nonces = new Map<number, number>();
  return batches
    .flatMap(({ l2 }) => l2)
    .map((op) => {
      const nonce = nonces.get(op.from) ?? 0;
      nonces.set(op.from, nonce + 1);
      return { ...op, nonce };
    });
}
