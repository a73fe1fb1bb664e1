import type { BatchReport } from '../../scripts/demo/report.ts';
import { measured, type Series } from '../result.ts';
import { cpuOf, ROLES } from './cpu-by-role.ts';
import { finalityBusy, queueGaps, queueWaits, steadyRate, workersBusy } from './job-times.ts';
import type { AloneRun } from './provers-alone.ts';
import type { WholeRun } from './whole-run.ts';

/** The pipeline between two runs of as many provers alone. */
export interface Round {
  readonly alone: readonly [before: AloneRun, after: AloneRun];
  readonly whole: WholeRun;
}

/**
 * What the rounds of one number of workers measured: figures of a run have a sample for each round, figures of a batch or an op one
 * for each of them in all rounds, of which `batches` says how many a round has. `efficiency` is missing where no worker made two proofs.
 */
export function roundMetrics(rounds: readonly Round[]): Series['metrics'] {
  const reports = rounds.map(({ whole }) => whole.report);
  const eachRound = (pick: (round: Round) => number) => rounds.map(pick);
  const eachBatch = (pick: (batch: BatchReport) => number) =>
    reports.flatMap(({ batches }) => batches.map(pick));
  const seconds = (samples: number[]) => measured('s', samples);
  const gaps = reports.flatMap(({ batches }) => queueGaps(batches));
  return {
    batches: measured(
      '',
      reports.map(({ batches }) => batches.length),
    ),
    'transfers/s': measured(
      '1/s',
      reports.map(({ rates }) => rates.transfersPerSecond),
      'higher',
    ),
    'proofs/s': measured(
      '1/s',
      reports.map(({ rates }) => rates.proofsPerSecond),
      'higher',
    ),
    ...wallEfficiency(rounds),
    ...cpuSeconds(rounds),
    makespan: seconds(reports.map(({ pipelineMs }) => pipelineMs / 1000)),
    latency: seconds(reports.flatMap(({ opLatenciesMs }) => opLatenciesMs.map((ms) => ms / 1000))),
    'workers busy': measured(
      '%',
      eachRound(({ whole }) => workersBusy(whole.report.batches)),
      'higher',
    ),
    'node busy': measured(
      '%',
      eachRound(({ whole: { node } }) => node.cpu / node.wall),
    ),
    'node CPU, a batch': seconds(eachRound(({ whole }) => nodeSecondsPerBatch(whole))),
    'L1 busy': measured(
      '%',
      eachRound(({ whole }) => finalityBusy(whole.report.batches)),
    ),
    'wait for a worker': seconds(reports.flatMap(({ batches }) => queueWaits(batches))),
    witness: seconds(eachBatch(({ witnessMs }) => witnessMs / 1000)),
    proof: seconds(eachBatch(({ proveMs }) => proveMs / 1000)),
    'witness and proof, alone': seconds(rounds.flatMap(({ alone: [, { seconds }] }) => [...seconds])),
    ...(gaps.length === 0 ? {} : { 'queue, a job': seconds(gaps) }),
    'proven to final': seconds(eachBatch(({ finalAtMs, provenAtMs }) => (finalAtMs - provenAtMs) / 1000)),
    'sealed at': seconds(eachBatch(({ sealedAtMs }) => sealedAtMs / 1000)),
    'signed ops': measured(
      '',
      eachBatch(({ signedOps }) => signedOps),
      'higher',
    ),
  };
}

/** Proofs a second while all provers are at work, and their ratio in each round. */
function wallEfficiency(rounds: readonly Round[]): Series['metrics'] {
  const steady = rounds.map(({ whole }) => steadyRate(whole.report.batches));
  const alone = rounds.map(({ alone }) => mean(alone.map(({ proofs }) => steadyRate(proofs))));
  if ([...steady, ...alone].includes(0)) return {};
  return {
    'steady proofs/s': measured('1/s', steady, 'higher'),
    'steady proofs/s, alone': measured('1/s', alone, 'higher'),
    efficiency: measured(
      '%',
      steady.map((rate, i) => rate / alone[i]!),
      'higher',
    ),
  };
}

/** CPU seconds of a batch by who uses them, and the ratio of the provers' in each round. */
function cpuSeconds(rounds: readonly Round[]): Series['metrics'] {
  const alone = rounds.map(({ alone }) => mean(alone.map(({ cpu, proofs }) => cpu / proofs.length)));
  const ofRole = ROLES.map(
    (role) => [role, rounds.map(({ whole: { cpu, report } }) => cpu[role] / report.batches.length)] as const,
  );
  const [[, prover]] = ofRole as [(typeof ofRole)[number]];
  // The kernel does not list child processes: then nothing but the node was counted.
  if (prover.includes(0)) return {};
  return {
    'CPU efficiency': measured(
      '%',
      prover.map((seconds, i) => alone[i]! / seconds),
      'higher',
    ),
    'CPU of prover alone': measured('s', alone),
    // A Redis of others is not ours to measure, and where there is none workers are part of the node.
    ...Object.fromEntries(
      ofRole
        .filter(([, samples]) => samples.some((seconds) => seconds > 0))
        .map(([role, samples]) => [cpuOf(role), measured('s', samples)]),
    ),
  };
}

/** Without what it uses when there is nothing to do. */
function nodeSecondsPerBatch({ report: { batches }, node, idle }: WholeRun): number {
  return Math.max(0, node.cpu - idle * node.wall) / finalizedWhile(batches, node.wall);
}

/** Batches that became final in the last `seconds` of a run. */
function finalizedWhile(batches: readonly BatchReport[], seconds: number): number {
  const end = Math.max(...batches.map(({ finalAtMs }) => finalAtMs));
  return batches.filter(({ finalAtMs }) => finalAtMs >= end - 1000 * seconds).length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
