import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import { type BenchResult, readResult } from '../result.ts';
import { markdownReport } from './text.ts';

/** Results that are committed, one JSON file each. */
const RESULTS = join(REPOSITORY, 'bench/results');
const GAS = 'gas.json';
const SCALING = 'scaling.json';
const VALIDATION = 'validation.json';

const SECTIONS: Readonly<Record<BenchResult['benchmark'], string>> = {
  prove: 'Proving',
  circuits: 'Circuits',
  pipeline: 'The whole pipeline',
  admission: 'Letting ops in',
  arithmetic: 'Hashes, signatures, tree',
  gas: 'Gas',
  restore: 'Restoring from L1',
  simulate: 'Simulation',
};

const BENCHMARKS = `# Benchmarks

Made by \`./millrace bench docs\` from the files in \`bench/results/\`, which hold every sample. Below each table stand the command that
measured it, the machine, and what else ran on it meanwhile: figures under a warning were measured on a busy machine, where CPU seconds and
ratios hold and wall times do not. What a transfer costs on L1 is in [gas.md](gas.md), what many machines would do in [scaling.md](scaling.md).

- To measure again, run the command. \`./millrace bench compare OLD.json NEW.json\` says what changed, and what may be chance.
- **Side by side**: in each round every prover makes one proof, in another random order. Ratios are of medians; their 95% intervals come
  from drawing whole rounds (paired bootstrap, 10,000 draws).
- **CPU seconds** are the kernel's count of user and system time of all threads. A \`cold\` run is a process from its start to its end,
  in steps of 10 ms; a \`warm\` one is one more proof of a process that has the key open.
- **Every proof is verified**, outside of the measured time.
- **Memory** is the largest resident set, pages of the mapped key included.
- **Threads**: all provers are held to the same CPUs.
- **The pipeline's efficiency** is measured in rounds: as many provers alone make the proofs of the same batches right before and right after each
  run, and the ratio is taken in each round, so that a machine that changes from round to round changes both. In wall time it counts all that
  the pipeline costs, the CPUs that node, L1 and Redis take from the provers included; in CPU seconds only what proving itself costs more.
`;

const GAS_INTRODUCTION = `# Gas

Made by \`./millrace bench docs\` from \`bench/results/gas.json\`.

A proof costs at least 46,100 gas: a pairing (34,000), a multiplication by its weight (6,000), 192 bytes of points and, where it was committed
before, 288 of header (6,100). A call costs another 186,000, whatever is in it: three pairings and 45,000, three multiplications, and the
transaction (21,000). So for 8 proofs \`proveBatches\` cannot be below 69,300 gas a proof, for 32 not below 51,900; what is beyond that is
storage (19,000 a call), memory and hashes. What commits alone costs the floor of EIP-7623, 40 gas a byte that is not zero; in one call with
the proofs the floor is below what is used.
`;

const SCALING_INTRODUCTION = `# Past one machine

Made by \`./millrace bench docs\` from \`bench/results/scaling.json\` and \`validation.json\`.

\`./millrace bench simulate\` is a discrete-event simulation of the rollup as a network of queues, each event calculated, the same for the
same seed. Transfers arrive at random; the node lets each in (one thread) and closes batches; a job goes through Redis (one thread) to
workers, each of which makes one proof at a time; L1 takes the proven batches in order, several in a call, as far as its blocks have gas for
the rollup. Workers crash, jobs are lost, transactions fail, blocks are dropped, where a run says so. All times and all gas are measured by
the other benchmarks; the stations are tested against queueing theory (M/D/1, M/M/c) and the whole against the real pipeline (last table).

What to read from it:

- **Workers** are what a small rollup needs first: proving is work that divides, and Redis carries hundreds of jobs a second, whatever
  the number of workers.
- **The node** is next: one thread admits, sequences and checks proofs. Loads for which the table shows more than one thread are more
  than it can do today; signatures and proofs can be checked in threads of their own, sequencing cannot.
- **L1** is last: half of the gas of each block bounds it, or half of its blobs. With batches of these sizes blobs do not raise the bound:
  a transfer takes one and a half of a blob's elements, and places for L1 ops take theirs whether used or not.
- **A crash costs latency**, of one batch and all behind it, since batches become final in order: the time of the lost proof, again, and
  ten seconds until the queue sees that the worker is gone.
`;

/** A page of `docs/` that is made from committed results. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/**
 * The committed results by file name.
 * @throws {MillraceError} `input` / `bad-result` if a committed file is none
 */
export async function committedResults(): Promise<Map<string, BenchResult>> {
  const files = (await readdir(RESULTS)).filter((file) => file.endsWith('.json')).sort();
  const results = new Map<string, BenchResult>();
  for (const file of files) results.set(file, await readResult(join(RESULTS, file)));
  return results;
}

/** @throws {MillraceError} as {@link committedResults} */
export async function benchmarkPages(): Promise<Page[]> {
  const results = await committedResults();
  const take = (file: string): string[] => {
    const result = results.get(file);
    results.delete(file);
    return result === undefined ? [] : [markdownReport(result)];
  };
  const [gas, scaling, validation] = [take(GAS), take(SCALING), take(VALIDATION)];
  const page = (name: string, parts: readonly string[]): Page => ({
    path: join(REPOSITORY, 'docs', name),
    text: parts.join('\n'),
  });
  return [
    page('benchmarks.md', [BENCHMARKS, ...[...results].map(([file, result]) => section(file, result))]),
    page('gas.md', [GAS_INTRODUCTION, ...gas]),
    page('scaling.md', [SCALING_INTRODUCTION, ...scaling, ...validation]),
  ];
}

function section(file: string, result: BenchResult): string {
  return `## ${SECTIONS[result.benchmark]}: \`${file}\`\n\n${markdownReport(result)}`;
}
