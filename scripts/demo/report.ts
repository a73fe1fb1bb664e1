import type { SkippedLine } from './transfers-csv.ts';

/** What a run of the demo did and measured. Written as JSON and shown as a table. */
export interface DemoReport {
  readonly input: { file: string; lines: number; transfers: number; tokens: string[]; accounts: number };
  readonly shape: {
    name: string;
    n2: number;
    n1: number;
    m: number;
    depth: number;
    constraints: number;
    domainPower: number;
  };
  readonly setup: { reused: boolean; kind: string; ms: number };
  readonly workers: number;
  readonly queue: string;
  readonly ops: { deposits: number; transfers: number; transfersToNew: number; withdrawals: number };
  readonly batches: readonly BatchReport[];
  /** Wall-clock time of each step of the demo, ms. */
  readonly stages: readonly { name: string; ms: number }[];
  /** From the receipt of each signed op to its finality, in the order of receipt. */
  readonly opLatenciesMs: readonly number[];
  /** From the first op in a batch to the last finalization, ms. */
  readonly pipelineMs: number;
  readonly rates: { proofsPerSecond: number; transfersPerSecond: number };
  readonly gas: { total: number; perBatch: number; perSignedOp: number };
  /** Amounts that were not a whole number of units, in the token's smallest units. */
  readonly roundedDown: readonly { token: string; transfers: number; smallestUnits: string }[];
  readonly skipped: readonly SkippedLine[];
  readonly checks: readonly { name: string; ok: boolean; detail: string }[];
  readonly finalRoot: string;
}

export interface BatchReport {
  readonly number: number;
  readonly l1Ops: number;
  readonly signedOps: number;
  readonly accounts: number;
  readonly witnessMs: number;
  readonly proveMs: number;
  /** When it was sealed, proven, and final on L1: ms since the first op of the demo had its place. */
  readonly sealedAtMs: number;
  readonly provenAtMs: number;
  readonly finalAtMs: number;
  readonly worker: string;
  readonly transaction: string;
}

/** @returns lines for a terminal, without colours. */
export function formatReport(report: DemoReport): string {
  const { shape, ops, batches, rates, gas } = report;
  const sum = (pick: (batch: BatchReport) => number) =>
    batches.reduce((total, batch) => total + pick(batch), 0);
  const signed = ops.transfers + ops.transfersToNew + ops.withdrawals;
  const rows: [string, string][] = [
    [
      'Batches',
      `${batches.length} of shape ${shape.name} (${shape.n2} signed ops, ${shape.n1} L1 ops, ${shape.m} accounts)`,
    ],
    [
      'Ops',
      `${ops.deposits} deposits, ${ops.transfers} transfers, ${ops.transfersToNew} transfers to new, ${ops.withdrawals} withdrawals`,
    ],
    ['Accounts', `${report.input.accounts} of ${report.input.tokens.length} tokens`],
    [
      'Circuit',
      `${shape.constraints.toLocaleString('en')} constraints, domain 2^${shape.domainPower}, ${shape.depth}-bit accounts`,
    ],
    [
      'Keys',
      `${report.setup.kind} setup, ${report.setup.reused ? 'reused' : `made in ${seconds(report.setup.ms)}`}`,
    ],
    ['Witness', `${seconds(sum((b) => b.witnessMs) / Math.max(1, batches.length))} a batch`],
    [
      'Proof',
      `${seconds(sum((b) => b.proveMs) / Math.max(1, batches.length))} a batch, ${report.workers} workers over ${report.queue}`,
    ],
    [
      'Pipeline',
      `${seconds(report.pipelineMs)}: ${rates.proofsPerSecond.toFixed(3)} proofs/s, ${rates.transfersPerSecond.toFixed(2)} transfers/s`,
    ],
    [
      'Gas',
      `${gas.perBatch.toLocaleString('en')} a batch, ${gas.perSignedOp.toLocaleString('en')} a signed op (${signed})`,
    ],
    ['State root', report.finalRoot],
  ];
  const lines = table(rows);
  lines.push('', ...table(report.stages.map(({ name, ms }) => [name, seconds(ms)])));
  lines.push(
    '',
    ...report.checks.map(({ name, ok, detail }) => `${ok ? 'ok  ' : 'FAIL'}  ${name}: ${detail}`),
  );
  for (const { token, transfers, smallestUnits } of report.roundedDown) {
    lines.push(
      `note  ${token}: ${transfers} transfers rounded down to whole units, ${smallestUnits} smallest units in all`,
    );
  }
  for (const { line, reason } of report.skipped) lines.push(`skip  line ${line}: ${reason}`);
  return lines.join('\n');
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function seconds(ms: number): string {
  return ms < 120_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
