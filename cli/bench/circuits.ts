import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Comparison, compareResults } from '../../bench/compare.ts';
import { comparisonTables } from '../../bench/report/comparison.ts';
import { textTable } from '../../bench/report/table.ts';
import { labelText, readResult } from '../../bench/result.ts';
import { MillraceError } from '../../protocol/error.ts';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import { artifactStages } from '../artifact-stages.ts';
import { typedCommand } from './command-line.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

const COMMITTED = join(REPOSITORY, 'bench/results/circuits.json');

/** `millrace bench circuits`: sizes, held against the committed ones. */
export function registerBenchCircuits(bench: Command): void {
  const command = bench
    .command('circuits')
    .description(
      'count constraints: parts, shapes, one more transfer; and compare with bench/results/circuits.json',
    )
    .addHelpText('after', '\nExit code 3: something has more constraints than in the committed table.');
  outputOptions(command).action(circuits);
}

async function circuits(output: OutputOptions): Promise<void> {
  const committed = existsSync(COMMITTED) ? await readResult(COMMITTED) : undefined;
  const { benchCircuits } = await import('../../bench/circuits.ts');
  const result = await benchCircuits(typedCommand(), artifactStages());
  await giveResult(result, output);
  if (committed === undefined) return;
  const comparison = compareResults(committed, result);
  process.stdout.write(
    `\nAgainst the committed table\n\n${comparisonTables(comparison).map(textTable).join('\n')}`,
  );
  refuseGrowth(comparison);
}

/** @throws {MillraceError} `refused` / `circuits-grew` if something has more constraints than before */
export function refuseGrowth({ changes }: Comparison): void {
  const risen = changes.filter(({ verdict, metric }) => verdict === 'worse' && metric === 'constraints');
  if (risen.length === 0) return;
  throw new MillraceError(
    'refused',
    'circuits-grew',
    'Circuits have more constraints than in the committed table',
    {
      details: Object.fromEntries(
        risen.map(({ labels, before, after }) => [labelText(labels), `${before} -> ${after}`]),
      ),
      fix: 'Make them smaller; or commit the new table (--json bench/results/circuits.json) and say in the message why.',
    },
  );
}
