import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { parseBackends } from '../../bench/prove/backends.ts';
import { MillraceError } from '../../protocol/error.ts';
import { SHAPES } from '../../protocol/shape.ts';
import { artifactStages } from '../artifact-stages.ts';
import { typedCommand } from './command-line.ts';
import { numberList, positive } from './numbers.ts';
import { giveResult, type OutputOptions, outputOptions } from './output.ts';

interface Options extends OutputOptions {
  readonly zkey: string[];
  readonly wtns: string[];
  readonly shape: string[];
  readonly backend: string;
  readonly threads: number[];
  readonly repeat: number;
}

/** `millrace bench prove`: provers beside each other on the same keys and witnesses. */
export function registerBenchProve(bench: Command): void {
  const command = bench
    .command('prove')
    .description(
      'measure Groth16 provers side by side: any BN254 circuit of snarkjs, or the shapes that ship',
    )
    .option('--zkey <files...>', 'proving keys', [])
    .option('--wtns <files...>', 'as many witnesses, in the same order', [])
    .option('--shape <names...>', `shapes: ${Object.keys(SHAPES).join(', ')}`, [])
    .option(
      '--backend <list>',
      'native, snarkjs, or NAME=PROGRAM for one that is called as PROGRAM ZKEY WTNS PROOF PUBLIC; the first is what the others are compared with',
      'native,snarkjs',
    )
    .option('--threads <list>', 'numbers of CPUs to run on, such as 1,2', numberList, [
      availableParallelism(),
    ])
    .option('--repeat <n>', 'rounds, in each of which everyone makes one proof', positive, 5);
  outputOptions(command).action(prove);
}

async function prove({ zkey, wtns, shape, backend, threads, repeat, ...output }: Options): Promise<void> {
  if (zkey.length !== wtns.length) {
    throw new MillraceError('input', 'bench-options', 'Each proving key needs a witness', {
      details: { keys: zkey.length, witnesses: wtns.length },
      fix: 'Pass as many files with --wtns as with --zkey, in the same order.',
    });
  }
  if (zkey.length + shape.length === 0) {
    throw new MillraceError('input', 'bench-options', 'There is nothing to prove', {
      fix: 'Name files with --zkey and --wtns, or a shape with --shape.',
    });
  }
  const { benchProve } = await import('../../bench/prove.ts');
  const result = await benchProve({
    files: zkey.map((file, i) => ({ zkey: file, wtns: wtns[i]! })),
    shapes: shape,
    backends: parseBackends(backend),
    threads,
    repeat,
    command: typedCommand(),
    onArtifacts: artifactStages(),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  await giveResult(result, output);
}
