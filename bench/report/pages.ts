import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import { type BenchResult, readResult } from '../result.ts';
import { markdownReport } from './text.ts';

/** Results that are committed, one JSON file each. */
const RESULTS = join(REPOSITORY, 'bench/results');
const GAS = 'gas.json';

const SECTIONS: Readonly<Record<BenchResult['benchmark'], string>> = {
  prove: 'Proving',
  circuits: 'Circuits',
  pipeline: 'The whole pipeline',
  admission: 'Letting ops in',
  gas: 'Gas',
  restore: 'Restoring from L1',
};

const BENCHMARKS = `# Benchmarks

Made by \`./millrace bench docs\` from the files in \`bench/results/\`, which hold every sample. Below each table stand the command that
measured it, the machine, and what else ran on it meanwhile: figures under a warning were measured on a busy machine, where CPU seconds and
ratios hold and wall times do not. What a transfer costs on L1 is in [gas.md](gas.md).

- To measure again, run the command. \`./millrace bench compare OLD.json NEW.json\` says what changed, and what may be chance.
- **Side by side**: in each round every prover makes one proof, in another random order. Ratios are of medians; their 95% intervals come
  from drawing whole rounds (paired bootstrap, 10,000 draws).
- **CPU seconds** are the kernel's count of user and system time of all threads. A \`cold\` run is a process from its start to its end,
  in steps of 10 ms; a \`warm\` one is one more proof of a process that has the key open.
- **Every proof is verified**, outside of the measured time.
- **Memory** is the largest resident set, pages of the mapped key included.
- **Threads**: all provers are held to the same CPUs.
`;

const GAS_INTRODUCTION = `# Gas

Made by \`./millrace bench docs\` from \`bench/results/gas.json\`.

A proof costs at least 46,450 gas beside its calldata: a pairing, two multiplications by its weight, and an addition; a call with n proofs
costs the rest of (n + 3) pairings and 45,000. What commits alone costs the floor of EIP-7623, 40 gas a byte that is not zero; in one call
with the proofs the floor is below what is used.
`;

/** A page of `docs/` that is made from committed results. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** @throws {MillraceError} `input` / `bad-result` if a committed file is none */
export async function benchmarkPages(): Promise<Page[]> {
  const files = (await readdir(RESULTS)).filter((file) => file.endsWith('.json')).sort();
  const results = new Map<string, BenchResult>();
  for (const file of files) results.set(file, await readResult(join(RESULTS, file)));
  const gas = results.get(GAS);
  results.delete(GAS);
  const page = (name: string, parts: readonly string[]): Page => ({
    path: join(REPOSITORY, 'docs', name),
    text: parts.join('\n'),
  });
  return [
    page('benchmarks.md', [BENCHMARKS, ...[...results].map(([file, result]) => section(file, result))]),
    ...(gas === undefined ? [] : [page('gas.md', [GAS_INTRODUCTION, markdownReport(gas)])]),
  ];
}

function section(file: string, result: BenchResult): string {
  return `## ${SECTIONS[result.benchmark]}: \`${file}\`\n\n${markdownReport(result)}`;
}
