import { join } from 'node:path';
import type { Command } from 'commander';
import { type BenchResult, labelText, readResult } from '../../bench/result.ts';
import { MillraceError } from '../../protocol/error.ts';
import { SHAPES } from '../../protocol/shape.ts';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import { typedCommand } from './command-line.ts';
import { decimal, numberList, positive } from './numbers.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

interface Options extends OutputOptions {
  readonly prove: string;
  readonly pipeline: string;
  readonly admission: string;
  readonly gas: string;
  readonly shape: string[];
  readonly load: number[];
  readonly workers: number[];
  readonly seconds: number;
  readonly seed: number;
  readonly gasPrice: number;
  readonly ethPrice: number;
  readonly cpuHour: number;
  readonly validate?: string;
}

const RESULTS = join(REPOSITORY, 'bench/results');
/** The simulation has to be so near to the pipeline. */
const MOST_DIFFERENCE = 0.1;

/** `millrace bench simulate`: the rollup past one machine. */
export function registerBenchSimulate(bench: Command): void {
  const measured = (name: string) => join(RESULTS, name);
  const command = bench
    .command('simulate')
    .description('simulate the rollup with many workers, large loads and failures, from measured times')
    .option('--prove <file>', 'result of bench prove, of shapes', measured('prove-shape-demo.json'))
    .option('--pipeline <file>', 'result of bench pipeline', measured('pipeline-demo.json'))
    .option('--admission <file>', 'result of bench admission', measured('admission.json'))
    .option('--gas <file>', 'result of bench gas', measured('gas.json'))
    .option('--shape <names...>', `shapes: ${Object.keys(SHAPES).join(', ')}`, ['demo', 'large'])
    .option('--load <list>', 'transfers a second', numberList, [10, 100, 1_000, 10_000])
    .option('--workers <list>', 'numbers of workers', numberList, [1, 2, 10, 100, 1_000, 10_000])
    .option('--seconds <n>', 'simulated time of each run', positive, 1_800)
    .option('--seed <n>', 'of the random numbers', positive, 1)
    .option('--gas-price <gwei>', 'price of gas', decimal, 1)
    .option('--eth-price <usd>', 'price of an ETH', decimal, 3_000)
    .option('--cpu-hour <usd>', 'price of an hour of one CPU', decimal, 0.04)
    .option('--validate <file>', 'simulate the runs of this bench pipeline instead, and compare')
    .addHelpText(
      'after',
      '\nExit code 3: with --validate, the simulation is more than 10% off what was measured.',
    );
  outputOptions(command).action(run);
}

async function run({ validate, ...options }: Options): Promise<void> {
  const { benchSimulate, benchValidate } = await import('../../bench/simulate.ts');
  if (validate !== undefined) {
    const result = await benchValidate(await readResult(validate), options.seed, typedCommand());
    await giveResult(result, options);
    refuseIfFarOff(result);
    return;
  }
  const { prove, pipeline, admission, gas, shape, load, workers, seconds, seed } = options;
  const result = await benchSimulate({
    measurements: {
      prove: await readResult(prove),
      pipeline: await readResult(pipeline),
      admission: await readResult(admission),
      gas: await readResult(gas),
    },
    shapes: shape,
    loads: load,
    workers,
    seconds,
    seed,
    prices: { gas: options.gasPrice, eth: options.ethPrice, cpuHour: options.cpuHour },
    command: typedCommand(),
  });
  await giveResult(result, options);
}

function refuseIfFarOff({ series }: BenchResult): void {
  const far = series.filter(({ metrics }) => Math.abs(metrics.difference!.samples[0]!) > MOST_DIFFERENCE);
  if (far.length === 0) return;
  throw new MillraceError('refused', 'simulation-off', 'The simulation is far off what was measured', {
    details: Object.fromEntries(
      far.map(({ labels, metrics }) => [labelText(labels), metrics.difference!.samples[0]!]),
    ),
    fix: 'Measure again while nothing else runs: stage times that change during the run are no ground for a forecast.',
  });
}
