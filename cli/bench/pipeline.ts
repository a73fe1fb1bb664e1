import type { Command } from 'commander';
import { SHAPES } from '../../protocol/shape.ts';
import { typedCommand } from './command-line.ts';
import { numberList, positive } from './numbers.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

const DEFAULT_TRANSFERS = 100;

interface Options extends OutputOptions {
  readonly shape: string[];
  readonly workers: number[];
  readonly threads: number;
  readonly transfers?: string;
  readonly zipf: number;
  readonly repeat: number;
}

/** `millrace bench pipeline`: from deposits to finality, through the queue. */
export function registerBenchPipeline(bench: Command): void {
  const command = bench
    .command('pipeline')
    .description(
      'measure the whole rollup on a local L1: rates, latency from receipt to finality, what it loses against the provers alone',
    )
    .option('--shape <names...>', `shapes: ${Object.keys(SHAPES).join(', ')}`, [SHAPES.demo.name])
    .option('--workers <list>', 'numbers of worker processes, such as 1,2,4', numberList, [1, 2])
    .option('--threads <n>', 'threads of each worker', positive, 1)
    .option('--transfers <file>', 'CSV: tx_hash, from, to, token, decimals, amount')
    .option(
      '--zipf <n>',
      'instead of a file: made-up transfers between accounts that repeat',
      positive,
      DEFAULT_TRANSFERS,
    )
    .option(
      '--repeat <n>',
      'rounds, in each of which the provers alone work before and after the rollup',
      positive,
      3,
    );
  outputOptions(command).action(
    async ({ shape, workers, threads, transfers, zipf, repeat, ...output }: Options) => {
      const { benchPipeline } = await import('../../bench/pipeline.ts');
      const result = await benchPipeline({
        shapes: shape,
        workers,
        threads,
        transfers: transfers === undefined ? { zipf } : { file: transfers },
        repeat,
        command: typedCommand(),
        say: (line) => process.stderr.write(`${line}\n`),
      });
      await giveResult(result, output);
    },
  );
}
