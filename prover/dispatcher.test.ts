import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Fault, startFaultyWorker } from '../test/support/faulty-worker.ts';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import { SnarkjsBackend } from './backends/snarkjs.ts';
import { ProofDispatcher, type ProofRequest, type ShapeKey, type VerifiedProof } from './dispatcher.ts';
import {
  jobId,
  MAX_LISTED_WORKERS,
  MAX_REST_MS,
  type ProofJob,
  type ProofResult,
  proofJobSchema,
} from './job.ts';
import { componentLogger } from './log.ts';
import { parseProofFile, verificationKeySchema } from './proof.ts';
import type { Consumer } from './queue.ts';
import { EmbeddedProofQueue } from './queue-embedded.ts';
import { WitnessCalculator } from './witness.ts';
import { packInput } from './witness-input.ts';

const WAIT = { timeout: 20_000, interval: 10 };
const logger = componentLogger('test');
logger.level = 'silent';

let toy: ToyFiles;
let keys: ReadonlyMap<string, ShapeKey>;
/** Honest results for x = 5 and x = 6. */
let five: ProofResult;
let six: ProofResult;

let queue: EmbeddedProofQueue;
let dispatcher: ProofDispatcher;
let consumers: Consumer[];
let proofs: VerifiedProof[];

async function honestResult(x: bigint): Promise<ProofResult> {
  const calculator = await WitnessCalculator.open(toy.wasm);
  const { input } = toyInput(x);
  const made = await new SnarkjsBackend().prove(toy.zkey, await calculator.calculate(input));
  const timings = { witnessMs: 1, proveMs: 2, totalMs: 3 };
  const inputHash = (await packInput(input)).hash;
  return { batch: 1, attempt: 0, worker: 'honest', inputHash, manifestId: 'm1', timings, ...made };
}

function request(batch: number, x: bigint): ProofRequest {
  const { input, publicSignals } = toyInput(x);
  return { batch, shape: 'toy', witness: input, publicSignals };
}

beforeAll(async () => {
  toy = await toyCircuit();
  keys = new Map([
    [
      'toy',
      {
        manifestId: 'm1',
        vkey: parseProofFile(verificationKeySchema, 'verification key', toy.vkey),
      },
    ],
  ]);
  five = await honestResult(5n);
  six = await honestResult(6n);
}, 60_000);

beforeEach(() => {
  queue = new EmbeddedProofQueue();
  dispatcher = new ProofDispatcher({ queue, keys, sweepMs: 20, restMs: 10, logger });
  proofs = [];
  dispatcher.on('proof', (proof) => proofs.push(proof));
  consumers = [];
});

afterEach(async () => {
  await dispatcher.close();
  for (const consumer of consumers) await consumer.stop({ abandon: true });
  await queue.close();
});

function work(worker: string, honest: ProofResult, fault: Fault = () => ({})): ProofJob[] {
  const seen: ProofJob[] = [];
  consumers.push(startFaultyWorker(queue, worker, honest, fault, seen));
  return seen;
}

describe('ProofDispatcher', () => {
  it('gives out a verified proof once, and cleans up behind it', async () => {
    await dispatcher.submit(request(1, 5n));
    await dispatcher.submit(request(1, 5n));
    work('w1', five);
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    await vi.waitUntil(
      async () => (await queue.inspect(jobId({ ...five, attempt: 0 }))).state === 'missing',
      WAIT,
    );
    expect(dispatcher.unproven).toEqual([]);
    expect(proofs).toEqual([
      {
        batch: 1,
        shape: 'toy',
        proof: five.proof,
        publicSignals: toyInput(5n).publicSignals,
        worker: 'w1',
        attempt: 0,
        timings: five.timings,
        peakMemory: undefined,
      },
    ]);
  });

  it.each<[string, () => Partial<ProofResult>, string]>([
    [
      'a valid proof of other signals',
      () => ({ proof: six.proof, publicSignals: six.publicSignals }),
      'other public signals',
    ],
    ['a valid proof under false signals', () => ({ proof: six.proof }), 'does not verify'],
    ['a proof of another batch', () => ({ batch: 9 }), 'another job'],
    ['a proof for another input', () => ({ inputHash: 'b'.repeat(64) }), 'another input'],
    ['a point off the curve', () => ({ proof: { ...five.proof, pi_a: ['1', '3', '1'] } }), 'does not verify'],
  ])('refuses %s, bars the worker, and takes the proof of another', async (_, fault, reason) => {
    const refused = vi.fn();
    dispatcher.on('refused', refused);
    const seen = work('bad', five, fault);
    await dispatcher.submit(request(1, 5n));
    await vi.waitUntil(() => refused.mock.calls.length > 0, WAIT);
    expect(refused.mock.calls[0]?.[0]).toMatchObject({
      batch: 1,
      worker: 'bad',
      reason: expect.stringContaining(reason),
    });
    expect(dispatcher.unproven).toEqual([1]);
    const good = work('good', five);
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    expect(proofs[0]).toMatchObject({ worker: 'good', attempt: 1 });
    expect(good[0]?.refusedWorkers).toEqual(['bad']);
    expect(seen).toHaveLength(1);
  });

  it('does not blame a worker for artifacts that changed', async () => {
    const refused = vi.fn();
    dispatcher.on('refused', refused);
    let runs = 0;
    work('w1', five, () => ({ manifestId: runs++ === 0 ? 'm0' : 'm1' }));
    await dispatcher.submit(request(1, 5n));
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    expect(proofs[0]).toMatchObject({ worker: 'w1', attempt: 1 });
    expect(refused).not.toHaveBeenCalled();
  });

  it('replaces a job that was queued for artifacts of yesterday', async () => {
    const input = await packInput(toyInput(5n).input);
    const old = {
      batch: 1,
      attempt: 0,
      shape: 'toy',
      inputHash: input.hash,
      manifestId: 'm0',
      refusedWorkers: [],
      restingWorkers: [],
    };
    await queue.add(old, input);
    await dispatcher.submit(request(1, 5n));
    await vi.waitUntil(
      async () => (await queue.inspect(jobId({ ...old, attempt: 1 }))).state === 'live',
      WAIT,
    );
    work('w1', five);
    await vi.waitUntil(() => proofs.length > 0, WAIT);
  });

  it('queues a failed batch again, and tells of the failure', async () => {
    const failures = vi.fn();
    dispatcher.on('failure', failures);
    let runs = 0;
    const flaky = queue.consume('flaky', async ({ job }) => {
      runs += 1;
      if (runs < 3)
        return { kind: 'failure', failure: { worker: 'flaky', code: 'prover-crashed', message: 'gone' } };
      const { attempt } = job;
      return { kind: 'proof', result: { ...five, attempt, worker: 'flaky' } };
    });
    consumers.push(flaky);
    await dispatcher.submit(request(1, 5n));
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    expect(proofs[0]?.attempt).toBe(2);
    expect(failures.mock.calls.map(([event]) => event.failure.code)).toEqual([
      'prover-crashed',
      'prover-crashed',
    ]);
  });

  it('leaves a failed worker out of the next attempt, which it does not put off', async () => {
    const patient = new ProofDispatcher({ queue, keys, sweepMs: 20, restMs: MAX_REST_MS, logger });
    patient.on('proof', (proof) => proofs.push(proof));
    const failures = vi.fn();
    patient.on('failure', failures);
    const seen: ProofJob[] = [];
    const failing = queue.consume('failing', async ({ job }) => {
      seen.push(job);
      if (job.restingWorkers.length > 0) return { kind: 'hand-back', delayMs: 20 };
      return { kind: 'failure', failure: { worker: 'failing', code: 'prover-crashed', message: 'gone' } };
    });
    consumers.push(failing);
    await patient.submit(request(1, 5n));
    await vi.waitUntil(() => seen.length > 1, WAIT);
    work('good', five);
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    await patient.close();
    expect(seen[1]?.restingWorkers).toEqual([{ worker: 'failing', until: expect.any(Number) }]);
    expect(proofs[0]).toMatchObject({ worker: 'good', attempt: 1 });
    expect(failures).toHaveBeenCalledOnce();
  });

  it('names the newest refused workers when there are more than a job can name', async () => {
    const refused = vi.fn();
    dispatcher.on('refused', refused);
    let runs = 0;
    const jobs = work('bad', five, async () => {
      // The queue in this process never waits for anything: give the test its turn.
      await setImmediate();
      return { batch: 9, worker: `w${runs++}` };
    });
    await dispatcher.submit(request(1, 5n));
    await vi.waitUntil(() => refused.mock.calls.length > MAX_LISTED_WORKERS + 1, WAIT);
    const named = jobs[MAX_LISTED_WORKERS + 1]!.refusedWorkers;
    expect(named).toHaveLength(MAX_LISTED_WORKERS);
    expect([named[0], named.at(-1)]).toEqual(['w1', `w${MAX_LISTED_WORKERS}`]);
    expect(proofJobSchema.safeParse(jobs.at(-1)).success).toBe(true);
  });

  it('queues again whatever the queue lost', async () => {
    for (const batch of [1, 2, 3]) await dispatcher.submit(request(batch, 5n));
    await vi.waitUntil(async () => (await queue.counts()).waiting === 3, WAIT);
    queue.flush();
    await vi.waitUntil(async () => (await queue.counts()).waiting === 3, WAIT);
    work('w1', five, ({ inputHash }) => ({ inputHash }));
    await vi.waitUntil(() => proofs.length === 3, WAIT);
    expect(proofs.map(({ batch }) => batch).sort()).toEqual([1, 2, 3]);
  });

  it('takes up results that came while no dispatcher was there', async () => {
    await dispatcher.submit(request(1, 5n));
    await vi.waitUntil(async () => (await queue.counts()).waiting === 1, WAIT);
    await dispatcher.close();
    work('w1', five);
    await vi.waitUntil(async () => (await queue.inspect(jobId(five))).state === 'finished', WAIT);
    const restarted = new ProofDispatcher({ queue, keys, sweepMs: 20, logger });
    restarted.on('proof', (proof) => proofs.push(proof));
    await restarted.submit(request(1, 5n));
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    await restarted.close();
    expect(proofs[0]).toMatchObject({ batch: 1, attempt: 0 });
  });

  it('offers a proof again when nobody could keep it', async () => {
    let tries = 0;
    dispatcher.prependListener('proof', () => {
      tries += 1;
      if (tries === 1) throw new Error('disk full');
    });
    work('w1', five);
    await dispatcher.submit(request(1, 5n));
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    expect(tries).toBe(2);
  });

  it('forgets a withdrawn batch', async () => {
    await dispatcher.submit(request(1, 5n));
    dispatcher.withdraw(1);
    expect(dispatcher.unproven).toEqual([]);
    work('w1', five);
    await dispatcher.submit(request(2, 5n));
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    expect(proofs.map(({ batch }) => batch)).toEqual([2]);
  });

  it('does not take a batch that was withdrawn while its input was packed', async () => {
    const submitted = dispatcher.submit(request(1, 5n));
    dispatcher.withdraw(1);
    await submitted;
    expect(dispatcher.unproven).toEqual([]);
  });

  it('keeps the later of two batches of one number, whichever is packed first', async () => {
    const large = { ...toyInput(6n).input, padding: Array(200_000).fill('1') };
    const earlier = dispatcher.submit({ ...request(1, 6n), witness: large });
    dispatcher.withdraw(1);
    await dispatcher.submit(request(1, 5n));
    await earlier;
    work('w1', five);
    await vi.waitUntil(() => proofs.length > 0, WAIT);
    expect(proofs[0]?.publicSignals).toEqual(toyInput(5n).publicSignals);
  });

  it('refuses to take what it could never prove', async () => {
    await expect(dispatcher.submit({ ...request(1, 5n), shape: 'other' })).rejects.toMatchObject({
      code: 'unknown-shape',
    });
    const broken = { ...request(1, 5n), witness: { C: '-1' } };
    await expect(dispatcher.submit(broken)).rejects.toMatchObject({
      code: 'input-corrupt',
      details: { signal: 'C' },
    });
    expect(dispatcher.unproven).toEqual([]);
  });
});
