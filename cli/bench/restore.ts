import type { Command } from 'commander';
import { typedCommand } from './command-line.ts';
import { numberList, positive } from './numbers.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

interface Options extends OutputOptions {
  readonly batches: number[];
  readonly transfers: number;
  readonly repeat: number;
}

/** `millrace bench restore`: the L2 state from L1 alone. */
export function registerBenchRestore(bench: Command): void {
  const command = bench
    .command('restore')
    .description('measure how fast the state of many batches is rebuilt from a local L1')
    .option('--batches <list>', 'batches after which it is rebuilt', numberList, [16, 64, 256])
    .option('--transfers <n>', 'transfers in each', positive, 64)
    .option('--repeat <n>', 'rounds', positive, 3);
  outputOptions(command).action(async ({ batches, transfers, repeat, ...output }: Options) => {
    const { benchRestore } = await import('../../bench/restore.ts');
    const say = (line: string) => process.stderr.write(`${line}\n`);
    await giveResult(
      await benchRestore({ batches, transfers, repeat, command: typedCommand(), say }),
      output,
    );
  });
}
