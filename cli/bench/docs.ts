import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';

/** `millrace bench docs`: the pages of `docs/` that show the committed results. */
export function registerBenchDocs(bench: Command): void {
  bench
    .command('docs')
    .description(
      'write docs/benchmarks.md, docs/gas.md and docs/scaling.md from the results in bench/results/',
    )
    .action(async () => {
      const { benchmarkPages } = await import('../../bench/report/pages.ts');
      for (const { path, text } of await benchmarkPages()) await writeFile(path, text);
    });
}
