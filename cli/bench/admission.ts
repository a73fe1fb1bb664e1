import type { Command } from 'commander';
import { typedCommand } from './command-line.ts';
import { positive } from './numbers.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

interface Options extends OutputOptions {
  readonly ops: number;
  readonly repeat: number;
}

/** `millrace bench admission`: from the JSON of a signed op to its place on disk. */
export function registerBenchAdmission(bench: Command): void {
  const command = bench
    .command('admission')
    .description('measure how fast signed ops are let in: JSON, signature, durable write')
    .option('--ops <n>', 'ops in each round', positive, 200)
    .option('--repeat <n>', 'rounds', positive, 10);
  outputOptions(command).action(async ({ ops, repeat, ...output }: Options) => {
    const { benchAdmission } = await import('../../bench/admission.ts');
    await giveResult(await benchAdmission({ ops, repeat, command: typedCommand() }), output);
  });
}
