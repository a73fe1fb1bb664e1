import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { ProofJob, ProofResult } from '../../prover/job.ts';
import { type Groth16Proof, groth16ProofSchema } from '../../prover/proof.ts';
import type { Consumer } from '../../prover/queue.ts';
import { BullmqProofSource } from '../../prover/source-bullmq.ts';
import { untilFinal } from '../../scripts/demo/waiting.ts';
import { trapdoorKey } from '../../scripts/trapdoor-key.ts';
import { type Fault, startFaultyWorker } from '../support/faulty-worker.ts';
import { finalizedBatches, finalizedOps } from '../support/finalized-batches.ts';
import { ETH, Pipeline } from '../support/pipeline.ts';

const WORKER = 'faulty';
const [ALICE, BOB] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as const;
const WAIT = { timeout: 60_000, interval: 50 };

let pipeline: Pipeline;
let source: BullmqProofSource;

beforeAll(async () => {
  pipeline = await Pipeline.start({
    localWorkers: 0,
    redis: 'shared',
    deposits: new Map([[ALICE, 1_000_000n]]),
  });
  source = new BullmqProofSource({ redisUrl: pipeline.redis!.url });
}, 600_000);

afterAll(async () => {
  await source.close();
  await pipeline.close();
});

/** The public signals of a sealed batch, which no worker needs to be told: they follow from its input. */
async function publicSignalsOf(batch: number): Promise<[bigint, bigint, bigint]> {
  const { publicSignals } = await pipeline.api.batch(batch);
  const [c, z, y] = publicSignals!;
  return [BigInt(c), BigInt(z), BigInt(y)];
}

async function proofOf(batch: number): Promise<Groth16Proof> {
  const response = await fetch(`${pipeline.apiUrl}/v1/batches/${batch}`);
  return z.object({ proof: z.object({ proof: groth16ProofSchema }) }).parse(await response.json()).proof
    .proof;
}

/** A worker that is the only one until it has given a wrong proof, and stays; then an honest one comes. */
async function finalizeAgainst(fault: Fault, honest: ProofResult): Promise<ProofJob[]> {
  const seen: ProofJob[] = [];
  const faulty: Consumer = startFaultyWorker(source, WORKER, honest, fault, seen);
  await vi.waitUntil(() => seen.length > 0, WAIT);
  pipeline.addWorker();
  await untilFinal(pipeline.api, pipeline.payments.opIds, () => undefined);
  await pipeline.workers.at(-1)!.stop();
  await faulty.stop();
  return seen;
}

describe('a worker that gives wrong proofs', () => {
  it('is refused and barred, and everything is finalized by honest ones', { timeout: 180_000 }, async () => {
    const { payments, l1, api } = pipeline;
    const forger = await trapdoorKey(7);
    const result = async (batch: number, proof: Groth16Proof): Promise<Partial<ProofResult>> => ({
      proof,
      publicSignals: (await publicSignalsOf(batch)).map(String),
    });
    const honest: ProofResult = {
      batch: 1,
      attempt: 0,
      worker: WORKER,
      inputHash: '0'.repeat(64),
      manifestId: pipeline.artifacts.manifestId,
      proof: forger.prove([1n, 2n, 3n]),
      publicSignals: ['1', '2', '3'],
      timings: { witnessMs: 1, proveMs: 1, totalMs: 2 },
    };

    const pay = async (line: number, from: string, to: string, amount: bigint) => {
      await payments.transfer({ line, from, to, token: ETH.symbol, amount });
      expect(payments.skipped).toEqual([]);
    };
    await pay(1, ALICE, BOB, 1_000n);
    const ofOtherKey: Fault = async ({ batch }) => result(batch, forger.prove(await publicSignalsOf(batch)));
    const first = await finalizeAgainst(ofOtherKey, honest);

    await pay(2, BOB, ALICE, 500n);
    const proof = await proofOf(1);
    const second = await finalizeAgainst(({ batch }) => result(batch, proof), honest);

    const jobs = [...first, ...second].map(({ batch }) => batch);
    const { lastFinalized } = await api.status();
    expect(new Set(jobs).size).toBe(jobs.length);
    for (const batch of jobs) expect((await api.batch(batch)).proof?.worker).not.toBe(WORKER);
    const batches = await finalizedBatches(l1.provider, l1.deployment);
    expect(batches).toHaveLength(lastFinalized);
    expect(finalizedOps(batches).map(({ from, nonce }) => [from, nonce])).toEqual([
      [2, 0],
      [3, 0],
    ]);
    expect(await pipeline.stop()).toEqual([]);
  });
});
