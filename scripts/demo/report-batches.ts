import type { DemoL1 } from './demo-l1.ts';
import type { NodeBatch } from './node-api.ts';
import type { BatchReport } from './report.ts';

/** @param batches finalized ones */
export function reportBatches(batches: readonly NodeBatch[]): BatchReport[] {
  const start = Math.min(...batches.map(({ openedAt }) => openedAt));
  return batches.map(({ number, l1First, l1End, signedOps, accounts, proof, ...batch }) => ({
    number,
    l1Ops: l1End - l1First,
    signedOps,
    accounts,
    witnessMs: Math.round(proof?.timings.witnessMs ?? 0),
    proveMs: Math.round(proof?.timings.proveMs ?? 0),
    sealedAtMs: batch.sealedAt - start,
    provenAtMs: (proof?.provenAt ?? batch.sealedAt) - start,
    finalAtMs: (batch.finalizedAt ?? batch.sealedAt) - start,
    worker: proof?.worker ?? '',
    transaction: batch.finalization?.transactionHash ?? '',
  }));
}

/** Gas of all L1 transactions that finalized these batches. */
export async function totalGas({ provider }: DemoL1, batches: readonly NodeBatch[]): Promise<number> {
  const hashes = new Set(batches.flatMap(({ finalization }) => finalization?.transactionHash ?? []));
  let total = 0;
  for (const hash of hashes) total += Number((await provider.getTransactionReceipt(hash))?.gasUsed ?? 0n);
  return total;
}
