import type { Command } from 'commander';
import { chainIdOf, l1Provider } from '../aggregator/l1-connection.ts';
import { ENVIRONMENT } from '../batcher/config.ts';
import { badConfig, readSettings } from '../batcher/config-sources.ts';
import { parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';
import { alignColumns } from './columns.ts';
import { l1RpcUrl } from './deploy/l1-access.ts';
import type { Finding } from './doctor/check.ts';
import { l1Checks } from './doctor/l1-checks.ts';
import { localChecks } from './doctor/local-checks.ts';
import { readJsonFile } from './text-file.ts';

/** `millrace doctor`: whether this machine is set up, and whether L1 has what this repository builds; exit code 3 if not. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the set-up of this machine, and that L1 has what this repository builds')
    .option(
      '--manifest <file>',
      `deployment manifest to check; default: that of ${ENVIRONMENT.deployment[0]}, or none`,
    )
    .addHelpText('after', `\nThe RPC URL comes from ${ENVIRONMENT.l1RpcUrl[0]}.`)
    .action(async ({ manifest }: { manifest?: string }) => {
      const { values, problems } = readSettings(process.env);
      if (values === undefined) throw badConfig(problems);
      const local = await localChecks(values.redisUrl);
      const file = manifest ?? values.deployment;
      const found = file === undefined ? local : [...local, ...(await deploymentChecks(file))];
      const rows = found.map(({ verdict, name, text }) => [verdict, name, text]);
      process.stdout.write(`${alignColumns(rows).join('\n')}\n`);
      const failed = found.filter(({ verdict }) => verdict === 'fail');
      if (failed.length === 0) return;
      throw new MillraceError('refused', 'not-in-order', 'Something is not in order', {
        details: { failed: failed.map(({ name }) => name) },
        fix: 'See the lines that begin with fail. Deposit nothing in a rollup whose code or keys differ.',
      });
    });
}

async function deploymentChecks(file: string): Promise<Finding[]> {
  const deployment = parseDeployManifest(await readJsonFile(file, 'deployment manifest'));
  const url = await l1RpcUrl('localhost');
  const provider = l1Provider(url, await chainIdOf(url));
  try {
    return await l1Checks(provider, deployment);
  } finally {
    provider.destroy();
  }
}
