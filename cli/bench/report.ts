import type { Command } from 'commander';
import { markdownReport } from '../../bench/report/text.ts';
import { type BenchResult, readResult } from '../../bench/result.ts';
import { MillraceError } from '../../protocol/error.ts';
import { writeText } from './output.ts';

interface Options {
  readonly html?: string;
  readonly markdown?: string;
}

/** `millrace bench report`: several results on one page. */
export function registerBenchReport(bench: Command): void {
  bench
    .command('report')
    .description('make one page of several results; of all that are committed if none is named')
    .argument('[results...]', 'results of any benchmarks, JSON')
    .option('--html <file>', 'where to write a report with plots, in one file')
    .option('--markdown <file>', 'where to write the tables for a pull request')
    .action(report);
}

async function report(files: readonly string[], { html, markdown }: Options): Promise<void> {
  if (html === undefined && markdown === undefined) {
    throw new MillraceError('input', 'bench-options', 'There is nowhere to write the report', {
      fix: 'Pass --html FILE, --markdown FILE or both.',
    });
  }
  const results = files.length === 0 ? await committed() : await Promise.all(files.map(readResult));
  if (html !== undefined) {
    const { htmlReport } = await import('../../bench/report/html.ts');
    await writeText(html, await htmlReport(results));
  }
  if (markdown !== undefined) await writeText(markdown, results.map(markdownReport).join('\n'));
}

async function committed(): Promise<BenchResult[]> {
  const { committedResults } = await import('../../bench/report/pages.ts');
  return [...(await committedResults()).values()];
}
