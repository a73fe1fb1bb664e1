import type { Command } from 'commander';
import { typedCommand } from './command-line.ts';
import { numberList } from './numbers.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

const BATCH_SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048];
const CALL_SIZES = [1, 2, 4, 8, 16, 32, 64];

interface Options extends OutputOptions {
  readonly transfers: number[];
  readonly batches: number[];
}

/** `millrace bench gas`: what batches cost on L1. */
export function registerBenchGas(bench: Command): void {
  const command = bench
    .command('gas')
    .description('measure what a transfer costs on L1, with whole transactions on a local one')
    .option('--transfers <list>', 'transfers in a batch', numberList, BATCH_SIZES)
    .option('--batches <list>', 'batches in a call', numberList, CALL_SIZES);
  outputOptions(command).action(async ({ transfers, batches, ...output }: Options) => {
    const { benchGas } = await import('../../bench/gas.ts');
    const say = (line: string) => process.stderr.write(`${line}\n`);
    await giveResult(await benchGas({ transfers, batches, command: typedCommand(), say }), output);
  });
}
