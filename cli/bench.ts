import type { Command } from 'commander';
import { registerBenchCircuits } from './bench/circuits.ts';
import { registerBenchCompare } from './bench/compare.ts';
import { registerBenchProve } from './bench/prove.ts';

/** `millrace bench`: the benchmarks, one command each. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure provers, circuits and the pipeline');
  registerBenchProve(bench);
  registerBenchCircuits(bench);
  registerBenchCompare(bench);
}
