import type { Command } from 'commander';
import { registerBenchProve } from './bench/prove.ts';

/** `millrace bench`: the benchmarks, one command each. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure provers, circuits and the pipeline');
  registerBenchProve(bench);
}
