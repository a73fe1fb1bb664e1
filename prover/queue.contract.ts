import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobId, type ProofJob, type ProofOutcome } from './job.ts';
import type { Consumer, Delivery, DeliveryEnd, ProofQueue, ProofSource } from './queue.ts';
import { type PackedInput, packInput, unpackInput } from './witness-input.ts';

/** One implementation of the proof queue under test. */
export interface QueueHarness {
  readonly queue: ProofQueue;
  readonly source: ProofSource;
  /** A dispatcher's end opened anew, as after a restart of the node. */
  reopen(): ProofQueue;
  /** Loses everything in the queue. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const WAIT = { timeout: 20_000, interval: 20 };

/** What every proof queue has to do. */
export function describeQueueContract(name: string, open: () => Promise<QueueHarness>): void {
  describe(`${name}: proof queue contract`, () => {
    let harness: QueueHarness;
    let input: PackedInput;
    let job: ProofJob;
    const consumers: Consumer[] = [];

    beforeEach(async () => {
      harness = await open();
      input = await packInput({ x: '5', list: [['1', '2'], ['3']] });
      job = {
        batch: 7,
        attempt: 0,
        shape: 'tiny',
        inputHash: input.hash,
        manifestId: 'm1',
        refusedWorkers: [],
        restingWorkers: [],
      };
    });

    afterEach(async () => {
      for (const consumer of consumers.splice(0)) await consumer.stop({ abandon: true });
      await harness.close();
    });

    function consume(worker: string, handler: (delivery: Delivery) => Promise<DeliveryEnd>): Consumer {
      const consumer = harness.source.consume(worker, handler);
      consumers.push(consumer);
      return consumer;
    }

    async function finished(
      queue: ProofQueue = harness.queue,
      id: string = jobId(job),
    ): Promise<ProofOutcome> {
      return vi.waitUntil(async () => {
        const found = await queue.inspect(id);
        return found.state === 'finished' ? found.outcome : undefined;
      }, WAIT);
    }

    it('delivers a job with its input and shows the result', async () => {
      const hints: string[] = [];
      harness.queue.onFinished((id) => hints.push(id));
      await harness.queue.add(job, input);
      expect(await harness.queue.inspect(jobId(job))).toEqual({ state: 'live', job });
      expect(await harness.queue.counts()).toEqual({ waiting: 1, active: 0 });

      consume('w1', async (delivery) => {
        expect(delivery.job).toEqual(job);
        const bytes = await delivery.readInput();
        expect(await unpackInput(bytes ?? new Uint8Array(), input.hash)).toEqual({
          x: '5',
          list: [['1', '2'], ['3']],
        });
        return result('w1', job);
      });
      expect(await finished()).toEqual(result('w1', job));
      await vi.waitUntil(() => hints.includes(jobId(job)), WAIT);
      expect(await harness.queue.counts()).toEqual({ waiting: 0, active: 0 });
    });

    it('runs a job that is added again only once, before and after it is done', async () => {
      let runs = 0;
      await harness.queue.add(job, input);
      await harness.queue.add(job, input);
      consume('w1', async (delivery) => {
        runs += 1;
        return result('w1', delivery.job);
      });
      await finished();
      await harness.queue.add(job, input);
      const next = { ...job, attempt: 1 };
      await harness.queue.add(next, input);
      await finished(harness.queue, jobId(next));
      expect(runs).toBe(2);
    });

    it('gives a job that was handed back to another worker', async () => {
      const refused = vi.fn(async (): Promise<DeliveryEnd> => ({ kind: 'hand-back', delayMs: 20 }));
      consume('refuser', refused);
      await harness.queue.add(job, input);
      await vi.waitUntil(() => refused.mock.calls.length >= 2, WAIT);
      consume('w2', async (delivery) => result('w2', delivery.job));
      expect(await finished()).toEqual(result('w2', job));
    });

    it('gives the job of a worker that vanished to another', async () => {
      let started = false;
      const vanishing = consume('w1', async () => {
        started = true;
        return new Promise<DeliveryEnd>(() => {});
      });
      await harness.queue.add(job, input);
      await vi.waitUntil(() => started, WAIT);
      expect(await harness.queue.counts()).toEqual({ waiting: 0, active: 1 });
      await vanishing.stop({ abandon: true });
      consume('w2', async (delivery) => result('w2', delivery.job));
      expect(await finished()).toEqual(result('w2', job));
    });

    it('turns an exception of the handler into a failure', async () => {
      consume('w1', async () => {
        throw new Error('out of luck');
      });
      await harness.queue.add(job, input);
      const outcome = await finished();
      expect(outcome).toMatchObject({ kind: 'failure', failure: { message: 'out of luck' } });
    });

    it('passes a reported failure on', async () => {
      const failure: ProofOutcome = {
        kind: 'failure',
        failure: { worker: 'w1', code: 'witness-failed', message: 'Assert Failed', details: { line: 12 } },
      };
      consume('w1', async () => failure);
      await harness.queue.add(job, input);
      expect(await finished()).toEqual(failure);
    });

    it('shows a result to a dispatcher that came back later', async () => {
      await harness.queue.add(job, input);
      await harness.queue.close();
      consume('w1', async (delivery) => result('w1', delivery.job));
      const reopened = harness.reopen();
      expect(await finished(reopened)).toEqual(result('w1', job));
      await reopened.close();
    });

    it('takes a job again after everything was lost, and tells the worker that holds it', async () => {
      let lost = false;
      let runs = 0;
      consume('w1', async (delivery) => {
        runs += 1;
        if (runs > 1) return result('w1', delivery.job);
        await new Promise((resolve) => delivery.signal.addEventListener('abort', resolve));
        lost = true;
        return { kind: 'hand-back', delayMs: 0 };
      });
      await harness.queue.add(job, input);
      await vi.waitUntil(() => runs === 1, WAIT);
      await harness.flush();
      expect(await harness.queue.inspect(jobId(job))).toEqual({ state: 'missing' });
      await vi.waitUntil(() => lost, WAIT);
      await harness.queue.add(job, input);
      expect(await finished()).toEqual(result('w1', job));
    });

    it('forgets a removed job and its input', async () => {
      await harness.queue.add(job, input);
      await harness.queue.remove(jobId(job), input.hash);
      await harness.queue.remove(jobId(job), input.hash);
      expect(await harness.queue.inspect(jobId(job))).toEqual({ state: 'missing' });
    });

    it('lets a stopping worker finish the job in hand and take no other', async () => {
      const order: string[] = [];
      const consumer = consume('w1', async (delivery) => {
        order.push('taken');
        await new Promise((resolve) => setTimeout(resolve, 100));
        order.push('done');
        return result('w1', delivery.job);
      });
      await harness.queue.add(job, input);
      await harness.queue.add({ ...job, attempt: 1 }, input);
      await vi.waitUntil(() => order.length > 0, WAIT);
      await consumer.stop();
      expect(order).toEqual(['taken', 'done']);
      expect((await finished()).kind).toBe('proof');
      expect(await harness.queue.inspect(jobId({ ...job, attempt: 1 }))).toMatchObject({ state: 'live' });
    });
  });
}

function result(worker: string, job: ProofJob): ProofOutcome {
  return {
    kind: 'proof',
    result: {
      batch: job.batch,
      attempt: job.attempt,
      worker,
      inputHash: job.inputHash,
      manifestId: job.manifestId,
      proof: {
        pi_a: ['1', '2', '1'],
        pi_b: [
          ['1', '2'],
          ['3', '4'],
          ['1', '0'],
        ],
        pi_c: ['1', '2', '1'],
        protocol: 'groth16',
        curve: 'bn128',
      },
      publicSignals: ['1', '2', '3'],
      timings: { witnessMs: 1, proveMs: 2, totalMs: 3 },
    },
  };
}
