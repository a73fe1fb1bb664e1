import { describe, expect, it } from 'vitest';
import type { BatchReport } from '../../scripts/demo/report.ts';
import { type Round, roundMetrics } from './round-metrics.ts';

/** Proofs of one worker at these times, seconds, each with as many CPU seconds of its prover. */
const alone = (cpu: number, ...times: number[]): Round['alone'][number] => ({
  proofs: times.map((time) => ({ worker: 'a', provenAtMs: 1000 * time })),
  seconds: times.map(() => 1),
  cpu: cpu * times.length,
});

const batch = (provenAt: number): BatchReport => ({
  number: 1,
  l1Ops: 0,
  signedOps: 2,
  accounts: 1,
  witnessMs: 100,
  proveMs: 900,
  sealedAtMs: 0,
  provenAtMs: 1000 * provenAt,
  finalAtMs: 1000 * provenAt + 500,
  worker: 'a',
  transaction: '',
});

const whole = (cpu: Partial<Round['whole']['cpu']>, ...times: number[]): Round['whole'] => ({
  // Of the report, what metrics are made of.
  report: {
    batches: times.map(batch),
    opLatenciesMs: times.map((time) => 1000 * time),
    pipelineMs: 1000 * times.at(-1)!,
    rates: { proofsPerSecond: 1, transfersPerSecond: 2 },
  } as unknown as Round['whole']['report'],
  inputs: [],
  cpu: { prover: 0, worker: 0, node: 0, L1: 0, Redis: 0, ...cpu },
  node: { cpu: 0.5, wall: 10 },
  idle: 0.02,
});

describe('roundMetrics', () => {
  const rounds: Round[] = [
    // 1 proof a second before, 0.5 after: 0.6 are 80% of their mean. The machine became slower, which is not the pipeline's fault.
    {
      alone: [alone(1, 0, 1, 2), alone(1.4, 5, 7, 9)],
      whole: whole({ prover: 4.5, node: 0.3 }, 1, 1 + 1 / 0.6, 1 + 2 / 0.6),
    },
    { alone: [alone(1, 5, 7), alone(1, 0, 2)], whole: whole({ prover: 2, node: 0.4 }, 1, 3) },
  ];

  it('takes the ratio to the provers alone round by round', () => {
    const metrics = roundMetrics(rounds);
    expect(metrics.efficiency!.samples.map((value) => value.toFixed(3))).toEqual(['0.800', '1.000']);
    expect(metrics['steady proofs/s, alone']!.samples).toEqual([0.75, 0.5]);
    expect(metrics['CPU efficiency']!.samples.map((value) => value.toFixed(3))).toEqual(['0.800', '1.000']);
  });

  it('gives the CPU seconds of each batch by who used them, of those who used any', () => {
    const metrics = roundMetrics(rounds);
    expect(metrics['CPU of prover']!.samples).toEqual([1.5, 1]);
    expect(metrics['CPU of node']!.samples.map((value) => value.toFixed(3))).toEqual(['0.100', '0.200']);
    expect(metrics).not.toHaveProperty('CPU of Redis');
    expect(metrics['node CPU, a batch']!.samples.map((value) => value.toFixed(3))).toEqual([
      '0.100',
      '0.150',
    ]);
  });

  it('gives none where the kernel does not tell what provers use', () => {
    const metrics = roundMetrics([{ alone: rounds[1]!.alone, whole: whole({ node: 0.4 }, 1, 3) }]);
    expect(Object.keys(metrics).filter((name) => name.startsWith('CPU'))).toEqual([]);
    expect(metrics).toHaveProperty('efficiency');
  });

  it('has a sample for each batch of all rounds, and says how many are of each', () => {
    const metrics = roundMetrics(rounds);
    expect(metrics.batches!.samples).toEqual([3, 2]);
    for (const name of ['proof', 'sealed at', 'wait for a worker', 'proven to final', 'signed ops']) {
      expect(metrics[name]!.samples).toHaveLength(5);
    }
  });

  it('gives no rate where no worker made two proofs in a round', () => {
    const short: Round = { alone: [alone(1, 0), alone(1, 0)], whole: whole({ prover: 1 }, 1) };
    const metrics = roundMetrics([...rounds, short]);
    expect(metrics).not.toHaveProperty('efficiency');
    expect(metrics['CPU efficiency']!.samples).toHaveLength(3);
  });
});
