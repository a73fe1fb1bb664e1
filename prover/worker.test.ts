import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import { jobId, MAX_REST_MS, type ProofJob, type ProofOutcome } from './job.ts';
import { componentLogger } from './log.ts';
import { verificationKeySchema } from './proof.ts';
import { EmbeddedProofQueue } from './queue-embedded.ts';
import { BullmqProofSource } from './source-bullmq.ts';
import { verifyProof } from './verify.ts';
import { type PackedInput, packInput } from './witness-input.ts';
import { type ProofWorker, startWorker, type WorkerArtifacts } from './worker.ts';

const WAIT = { timeout: 30_000, interval: 10 };
const logger = componentLogger('test');
logger.level = 'silent';

let toy: ToyFiles;
let artifacts: WorkerArtifacts;
let queue: EmbeddedProofQueue;
let input: PackedInput;
let job: ProofJob;
let workers: ProofWorker[];

beforeAll(async () => {
  toy = await toyCircuit();
  artifacts = {
    manifestId: 'm1',
    wasm: toy.wasm,
    zkey: toy.zkey,
    vkey: verificationKeySchema.parse(toy.vkey),
  };
}, 60_000);

beforeEach(async () => {
  queue = new EmbeddedProofQueue();
  workers = [];
  input = await packInput(toyInput(5n).input);
  job = {
    batch: 1,
    attempt: 0,
    shape: 'toy',
    inputHash: input.hash,
    manifestId: 'm1',
    refusedWorkers: [],
    restingWorkers: [],
  };
});

afterEach(async () => {
  for (const worker of workers) await worker.stop();
  await queue.close();
});

function start(
  workerId: string,
  options: { artifacts?: WorkerArtifacts; timeoutMs?: number } = {},
): ProofWorker {
  const worker = startWorker({
    source: queue,
    artifacts: [options.artifacts ?? artifacts],
    backend: 'snarkjs',
    workerId,
    timeoutMs: options.timeoutMs,
    handBackMs: 20,
    logger,
  });
  workers.push(worker);
  return worker;
}

async function outcome(of: ProofJob = job): Promise<ProofOutcome> {
  return vi.waitUntil(async () => {
    const found = await queue.inspect(jobId(of));
    return found.state === 'finished' ? found.outcome : undefined;
  }, WAIT);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('ProofWorker', () => {
  it('proves one job after another in the same child process, which ends with it', async () => {
    const worker = start('w1');
    const next = { ...job, attempt: 1 };
    await queue.add(job, input);
    const first = await outcome();
    const pid = worker.proverPid ?? 0;
    expect(alive(pid)).toBe(true);
    await queue.add(next, input);
    const second = await outcome(next);
    expect(worker.proverPid).toBe(pid);
    for (const made of [first, second]) {
      if (made.kind !== 'proof') throw new Error(made.failure.message);
      expect(made.result).toMatchObject({
        worker: 'w1',
        publicSignals: toyInput(5n).publicSignals,
        manifestId: 'm1',
      });
      expect(made.result.timings.proveMs).toBeGreaterThan(0);
      expect(made.result.peakMemory).toBeGreaterThan(10_000_000);
      expect(await verifyProof(toy.vkey, made.result.publicSignals, made.result.proof)).toBe(true);
    }
    await worker.stop();
    expect(alive(pid)).toBe(false);
  });

  it('reports a killed prover child and forks another', async () => {
    const worker = start('w1');
    await queue.add(job, input);
    const pid = await vi.waitUntil(() => worker.proverPid, WAIT);
    process.kill(pid, 'SIGKILL');
    expect(await outcome()).toMatchObject({
      failure: { worker: 'w1', code: 'prover-crashed', details: { signal: 'SIGKILL' } },
    });
    const next = { ...job, attempt: 1 };
    await queue.add(next, input);
    expect((await outcome(next)).kind).toBe('proof');
    expect(worker.proverPid).not.toBe(pid);
  });

  it('kills a child that takes too long', async () => {
    const worker = start('w1', { timeoutMs: 50 });
    await queue.add(job, input);
    const pid = await vi.waitUntil(() => worker.proverPid, WAIT);
    expect(await outcome()).toMatchObject({
      failure: { code: 'prover-timeout', details: { timeoutMs: 50 } },
    });
    expect(alive(pid)).toBe(false);
  });

  it('leaves a job alone for which its artifacts are the wrong ones', async () => {
    const wrong = start('wrong', { artifacts: { ...artifacts, manifestId: 'm0' } });
    await queue.add(job, input);
    await queue.add({ ...job, manifestId: 'm2', attempt: 7 }, input);
    start('right');
    expect(await outcome()).toMatchObject({ kind: 'proof', result: { worker: 'right' } });
    expect(await queue.inspect(jobId({ ...job, attempt: 7 }))).toMatchObject({ state: 'live' });
    expect(wrong.proverPid).toBeUndefined();
  });

  it('leaves a job alone from which it is barred', async () => {
    const barred = { ...job, refusedWorkers: ['w1'] };
    const worker = start('w1');
    await queue.add(barred, input);
    start('w2');
    expect(await outcome()).toMatchObject({ kind: 'proof', result: { worker: 'w2' } });
    expect(worker.proverPid).toBeUndefined();
  });

  it('leaves a job alone on which it failed a moment ago', async () => {
    const resting = { ...job, restingWorkers: [{ worker: 'w1', until: Date.now() + MAX_REST_MS }] };
    const worker = start('w1');
    await queue.add(resting, input);
    start('w2');
    expect(await outcome()).toMatchObject({ kind: 'proof', result: { worker: 'w2' } });
    expect(worker.proverPid).toBeUndefined();
  });

  it.each([
    ['once it has rested', 200],
    ['where the clocks differ', 10 * MAX_REST_MS],
  ])('takes a job on which it failed, %s', async (_, restMs) => {
    start('w1');
    await queue.add({ ...job, restingWorkers: [{ worker: 'w1', until: Date.now() + restMs }] }, input);
    expect(await outcome()).toMatchObject({ kind: 'proof', result: { worker: 'w1' } });
  });

  it('says where the circuit refuses a witness', async () => {
    start('w1');
    const broken = await packInput({ ...toyInput(5n).input, C: '1' });
    const refused = { ...job, inputHash: broken.hash };
    await queue.add(refused, broken);
    expect(await outcome(refused)).toMatchObject({
      failure: { code: 'witness-failed', details: { stack: [{ template: 'Chain' }] } },
    });
  });

  it('refuses an input that is not the one the job speaks of', async () => {
    start('w1');
    const other = await packInput(toyInput(6n).input);
    await queue.add(job, { hash: job.inputHash, bytes: other.bytes });
    expect(await outcome()).toMatchObject({
      failure: { code: 'input-corrupt', details: { hash: other.hash } },
    });
  });

  it('reports an input that is gone', async () => {
    await queue.add(job, input);
    await queue.remove(jobId({ ...job, batch: 2 }), input.hash);
    start('w1');
    expect(await outcome()).toMatchObject({ failure: { code: 'input-missing' } });
  });

  it('hands its job back when it stops without grace, and finishes it with', async () => {
    const hasty = start('hasty');
    await queue.add(job, input);
    const pid = await vi.waitUntil(() => hasty.proverPid, WAIT);
    await hasty.stop(0);
    expect(alive(pid)).toBe(false);
    expect(await queue.inspect(jobId(job))).toMatchObject({ state: 'live' });
    expect(await queue.counts()).toEqual({ waiting: 1, active: 0 });

    const patient = start('patient');
    await vi.waitUntil(() => patient.proverPid, WAIT);
    await patient.stop(60_000);
    expect(await queue.inspect(jobId(job))).toMatchObject({ state: 'finished', outcome: { kind: 'proof' } });
  });

  it('stops also while Redis is away', async () => {
    const source = new BullmqProofSource({ redisUrl: 'redis://127.0.0.1:1', logger });
    const worker = startWorker({ source, artifacts: [], backend: 'snarkjs', logger });
    await worker.stop(0);
    await source.close();
  });
});
