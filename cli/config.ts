import type { Command } from 'commander';
import { badConfig, readSettings } from '../batcher/config-sources.ts';
import { alignColumns } from './columns.ts';

/** `millrace config`: prints the node's settings and where each comes from; exit code 2 if some are wrong. */
export function registerConfig(program: Command): void {
  program
    .command('config')
    .description("print the node's settings and where each value comes from; secrets are hidden")
    .option('--config <file>', 'settings as JSON; default: MILLRACE_CONFIG')
    .option('--json', 'as JSON')
    .action(({ config: file, json }: { config?: string; json?: true }) => {
      const { settings, problems } = readSettings(process.env, file);
      if (json === true) process.stdout.write(`${JSON.stringify({ settings, problems }, null, 2)}\n`);
      else {
        const rows = settings.map(({ name, value, source, meaning }) => [
          name,
          value || '-',
          source || 'not set',
          meaning,
        ]);
        for (const line of alignColumns(rows)) process.stdout.write(`${line}\n`);
      }
      if (problems.length > 0) throw badConfig(problems);
    });
}
