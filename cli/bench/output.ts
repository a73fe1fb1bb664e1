import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { htmlReport } from '../../bench/report/html.ts';
import { markdownReport, textReport } from '../../bench/report/text.ts';
import type { BenchResult } from '../../bench/result.ts';
import { MillraceError } from '../../protocol/error.ts';
import { writeJsonFile } from '../text-file.ts';

export interface OutputOptions {
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
}

/** The options of every benchmark that say where its result goes. */
export function outputOptions(command: Command): Command {
  return command
    .option('--json <file>', 'where to write the result, all samples in it')
    .option('--markdown <file>', 'where to write the tables for a pull request')
    .option('--html <file>', 'where to write a report with plots, in one file');
}

/** Prints a result's tables and writes the files that were asked for. */
export async function giveResult(
  result: BenchResult,
  { json, markdown, html }: OutputOptions,
): Promise<void> {
  process.stdout.write(`\n${textReport(result)}`);
  if (json !== undefined) await writeJsonFile(json, result);
  if (markdown !== undefined) await writeText(markdown, markdownReport(result));
  if (html !== undefined) await writeText(html, await htmlReport([result]));
}

/** @throws {MillraceError} `input` / `unwritable-file` */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new MillraceError('input', 'unwritable-file', 'The output file cannot be written', {
      details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Check the path and its permissions.',
      cause,
    });
  }
}
