import { admissionTables } from '../admission/tables.ts';
import { arithmeticTables } from '../arithmetic/tables.ts';
import { circuitTables } from '../circuits/tables.ts';
import { gasTables } from '../gas/tables.ts';
import { pipelineTables } from '../pipeline/tables.ts';
import { proveTables } from '../prove/tables.ts';
import { restoreTables } from '../restore/tables.ts';
import { type BenchResult, isExact, type MachineDescription } from '../result.ts';
import { simulateTables } from '../simulate/tables.ts';
import { markdownTable, type Table, textTable } from './table.ts';

const TABLES: Readonly<Record<BenchResult['benchmark'], (result: BenchResult) => Table[]>> = {
  prove: proveTables,
  circuits: circuitTables,
  pipeline: pipelineTables,
  admission: admissionTables,
  arithmetic: arithmeticTables,
  gas: gasTables,
  restore: restoreTables,
  simulate: simulateTables,
};

/** The tables that show a result. */
export function tablesOf(result: BenchResult): Table[] {
  return TABLES[result.benchmark](result);
}

/** A result for a terminal. */
export function textReport(result: BenchResult): string {
  return [
    ...tablesOf(result).map(textTable),
    ...result.notes.map((note) => `note     ${note}`),
    `machine  ${machineLine(result.machine)}`,
    `load     ${loadLine(result)}`,
    ...result.warnings.map((warning) => `WARNING  ${warning}`),
    '',
  ].join('\n');
}

/** A result for a pull request. */
export function markdownReport(result: BenchResult): string {
  const machine = isExact(result) ? [] : [machineLine(result.machine), `load ${loadLine(result)}`];
  return [
    ...tablesOf(result).map(markdownTable),
    ...result.warnings.map((warning) => `> **Noisy:** ${warning}\n`),
    `<sub>${[...result.notes, ...machine, provenance(result)].join('<br>')}</sub>`,
    '',
  ].join('\n');
}

/** One line: the processor and what it can do. */
export function machineLine(machine: MachineDescription): string {
  const { cpu, architecture, flags, logicalCpus, usableCpus, virtual, governor, memoryBytes, system, node } =
    machine;
  return [
    `${cpu} (${architecture}${virtual ? ', virtual' : ''}; ${flags.join(' ')})`,
    `${usableCpus} of ${logicalCpus} CPUs`,
    `governor ${governor}`,
    `${Math.round(memoryBytes / 1e9)} GB`,
    `${system}, Node ${node}`,
  ].join(', ');
}

/** One line: what else ran meanwhile. */
export function loadLine({ load }: BenchResult): string {
  const { before, after, othersShare, stealShare } = load;
  return `${before.toFixed(1)} before, ${after.toFixed(1)} after; other programs ${percent(othersShare)}, stolen ${percent(stealShare)}`;
}

/** One line: how to measure it again, and what was measured. */
export function provenance({ command, startedAt, commit }: BenchResult): string {
  return `\`${command}\`, ${startedAt.slice(0, 10)}${commit === undefined ? '' : `, commit ${commit}`}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
