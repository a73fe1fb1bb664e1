import type { Command } from 'commander';
import { registerBenchAdmission } from './bench/admission.ts';
import { registerBenchArithmetic } from './bench/arithmetic.ts';
import { registerBenchCircuits } from './bench/circuits.ts';
import { registerBenchCompare } from './bench/compare.ts';
import { registerBenchDocs } from './bench/docs.ts';
import { registerBenchGas } from './bench/gas.ts';
import { registerBenchPipeline } from './bench/pipeline.ts';
import { registerBenchProve } from './bench/prove.ts';
import { registerBenchReport } from './bench/report.ts';
import { registerBenchRestore } from './bench/restore.ts';
import { registerBenchSimulate } from './bench/simulate.ts';

/** `millrace bench`: the benchmarks, one command each. */
export function registerBench(program: Command): void {
  const bench = program
    .command('bench')
    .description('measure provers, circuits, the pipeline and L1; simulate what is larger');
  registerBenchProve(bench);
  registerBenchPipeline(bench);
  registerBenchCircuits(bench);
  registerBenchAdmission(bench);
  registerBenchArithmetic(bench);
  registerBenchGas(bench);
  registerBenchRestore(bench);
  registerBenchSimulate(bench);
  registerBenchCompare(bench);
  registerBenchReport(bench);
  registerBenchDocs(bench);
}
