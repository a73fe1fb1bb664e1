import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { Listr, SimpleRenderer } from 'listr2';
import { MillraceError } from '../protocol/error.ts';
import { SHAPES } from '../protocol/shape.ts';
import { formatReport } from '../scripts/demo/report.ts';
import { type RunStep, runDemo, type Say } from '../scripts/demo/run-demo.ts';
import { timelineSvg } from '../scripts/demo/timeline-svg.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_TRANSFERS = join(ROOT, 'scripts/demo/data/mainnet-17173049.csv');
const DEFAULT_REPORT = join(ROOT, 'build/demo/report.json');
const DEFAULT_WORKERS = 2;
/** Exit code of a demo that went through, but could not carry out every line of the file. */
const EXIT_LINES_SKIPPED = 4;
/** Between two lines of progress where there is no terminal, ms. */
const PLAIN_PROGRESS_MS = 10_000;

interface DemoArguments {
  readonly transfers: string;
  readonly workers: number;
  readonly shape: string;
  readonly json: string;
}

/** `millrace demo`: real transfers to a finalized state on a local L1, in one command. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('take real mainnet transfers to a finalized state on a local L1')
    .option('--transfers <file>', 'CSV: tx_hash, from, to, token, decimals, amount', DEFAULT_TRANSFERS)
    .option('--workers <n>', 'worker processes that prove', workerCount, DEFAULT_WORKERS)
    .option('--shape <name>', `circuit: ${Object.keys(SHAPES).join(', ')}`, SHAPES.demo.name)
    .option('--json <file>', 'where to write the report', DEFAULT_REPORT)
    .addHelpText(
      'after',
      '\nExit code 4: all went through, but some lines of the file could not be carried out.',
    )
    .action(demo);
}

async function demo({ transfers, workers, shape, json }: DemoArguments): Promise<void> {
  const resources = new AsyncDisposableStack();
  const interrupted = endOnSignal(resources);
  try {
    const file = resolve(json);
    const beside = (name: string) => join(dirname(file), `${basename(file, '.json')}${name}`);
    const options = { transfersFile: transfers, workers, shape, batchFolder: beside('-batch') };
    const report = await runDemo(options, showStep, resources);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    const { transfers: count } = report.input;
    const title = `${count} transfers in ${report.batches.length} batches, ${workers} workers`;
    await writeFile(beside('.svg'), timelineSvg(title, report.batches));
    process.stdout.write(`\n${formatReport(report)}\n\n`);
    process.stdout.write(`report  ${file}\nplot    ${beside('.svg')}\nbatch   ${options.batchFolder}\n`);
    const failed = report.checks.filter(({ ok }) => !ok);
    if (failed.length > 0) {
      throw new MillraceError('internal', 'demo-failed', 'What came out is not what plain arithmetic says', {
        details: Object.fromEntries(failed.map(({ name, detail }) => [name, detail])),
      });
    }
    if (report.skipped.length > 0) {
      process.stdout.write(
        `done, but ${report.skipped.length} lines were skipped (exit code ${EXIT_LINES_SKIPPED})\n`,
      );
      process.exitCode = EXIT_LINES_SKIPPED;
    }
  } catch (error) {
    // What is being ended fails wherever it stands; the signal's own exit code says why.
    if (!interrupted()) throw error;
  } finally {
    if (!interrupted()) await resources.disposeAsync();
  }
}

/** Ends everything that the demo started when the user or the system asks for it. */
function endOnSignal(resources: AsyncDisposableStack): () => boolean {
  let interrupted = false;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      if (interrupted) return;
      interrupted = true;
      process.stderr.write('\nending what the demo started ...\n');
      void resources.disposeAsync().finally(() => process.exit(code));
    });
  }
  return () => interrupted;
}

/** One step as a line with a spinner, or as plain lines where there is no terminal. */
const showStep: RunStep = async (title, step) => {
  let result: Awaited<ReturnType<typeof step>> | undefined;
  const list = new Listr(
    [
      {
        title,
        task: async (_, task) => {
          const startedAt = performance.now();
          const spinnerText = (text: string): void => {
            task.output = text;
          };
          result = await step(process.stdout.isTTY ? spinnerText : plainProgress(title));
          task.title = `${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`;
        },
      },
    ],
    { fallbackRenderer: SimpleRenderer, registerSignalListeners: false },
  );
  await list.run();
  return result as Awaited<ReturnType<typeof step>>;
};

function plainProgress(title: string): Say {
  let last = performance.now();
  return (text) => {
    if (performance.now() - last < PLAIN_PROGRESS_MS) return;
    last = performance.now();
    process.stdout.write(`  ${title}: ${text}\n`);
  };
}

function workerCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('expected a whole number from 1 to 64');
}
