import type { Command } from 'commander';
import { compareResults } from '../../bench/compare.ts';
import { comparisonTables } from '../../bench/report/comparison.ts';
import { markdownTable, textTable } from '../../bench/report/table.ts';
import { machineLine } from '../../bench/report/text.ts';
import { readResult } from '../../bench/result.ts';
import { MillraceError } from '../../protocol/error.ts';

/** `millrace bench compare`: what changed from one result to another. */
export function registerBenchCompare(bench: Command): void {
  bench
    .command('compare')
    .description('say what changed between two results, and what may be chance')
    .argument('<before>', 'result of an earlier run, JSON')
    .argument('<after>', 'result of a later run of the same benchmark')
    .option('--markdown', 'print a table for a pull request')
    .action(compare);
}

async function compare(
  beforeFile: string,
  afterFile: string,
  { markdown }: { markdown?: true },
): Promise<void> {
  const [before, after] = [await readResult(beforeFile), await readResult(afterFile)];
  if (before.benchmark !== after.benchmark) {
    throw new MillraceError('input', 'other-benchmark', 'These are results of different benchmarks', {
      details: { before: before.benchmark, after: after.benchmark },
      fix: 'Compare two results of the same benchmark.',
    });
  }
  const format = markdown ? markdownTable : textTable;
  process.stdout.write(comparisonTables(compareResults(before, after)).map(format).join('\n'));
  const machines = [machineLine(before.machine), machineLine(after.machine)];
  if (machines[0] !== machines[1]) {
    process.stdout.write(`\nMeasured on different machines:\n  ${machines.join('\n  ')}\n`);
  }
}
