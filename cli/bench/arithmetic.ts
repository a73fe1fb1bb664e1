import type { Command } from 'commander';
import { typedCommand } from './command-line.ts';
import { positive } from './numbers.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

interface Options extends OutputOptions {
  readonly count: number;
  readonly repeat: number;
}

/** `millrace bench arithmetic`: hashes, signatures and tree updates beside circomlibjs. */
export function registerBenchArithmetic(bench: Command): void {
  const command = bench
    .command('arithmetic')
    .description("measure the batcher's hashes, signature checks and tree updates beside circomlibjs")
    .option('--count <n>', 'of each in each round', positive, 100)
    .option('--repeat <n>', 'rounds', positive, 11);
  outputOptions(command).action(async ({ count, repeat, ...output }: Options) => {
    const { benchArithmetic } = await import('../../bench/arithmetic.ts');
    await giveResult(await benchArithmetic({ count, repeat, command: typedCommand() }), output);
  });
}
