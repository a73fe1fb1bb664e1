import { once } from 'node:events';
import { type Command, Option } from 'commander';
import { nodeConfig, readSettings } from '../batcher/config-sources.ts';
import { componentLogger } from '../prover/log.ts';
import { startNode } from './node/start-node.ts';

/** `millrace node`: the whole rollup operator in one process, until SIGTERM or SIGINT. */
export function registerNode(program: Command): void {
  program
    .command('node')
    .description('run a node: take in ops, batch them, have them proved, bring them to L1')
    .option('--config <file>', 'settings as JSON; the environment counts more (see millrace config)')
    .addOption(
      new Option(
        '--finality <when>',
        'fast: proven batches go to L1 at once; cheap: they wait for others in their call (MILLRACE_FINALITY)',
      ).choices(['fast', 'cheap']),
    )
    .addOption(
      new Option(
        '--da <place>',
        'where the data of batches go on L1; auto: where it costs least (MILLRACE_DA)',
      ).choices(['auto', 'calldata', 'blob']),
    )
    .action(runNode);
}

interface NodeOptions {
  readonly config?: string;
  readonly finality?: string;
  readonly da?: string;
}

async function runNode({ config: file, finality, da }: NodeOptions): Promise<void> {
  const environment = {
    ...process.env,
    ...(finality === undefined ? {} : { MILLRACE_FINALITY: finality }),
    ...(da === undefined ? {} : { MILLRACE_DA: da }),
  };
  const config = nodeConfig(readSettings(environment, file));
  // The workers' processes read it when they start.
  process.env.MILLRACE_LOG_LEVEL = config.logLevel;
  const logger = componentLogger('node');
  logger.level = config.logLevel;

  const ended = new AbortController();
  const signal = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  void signal.then(() => ended.abort(new Error('stopped by a signal')));
  const node = await startNode(config, { signal: ended.signal, logger }).catch((error: unknown) => {
    if (ended.signal.aborted) return undefined;
    throw error;
  });
  if (node === undefined) return;
  process.stdout.write(`node listens on ${node.apiUrl}; Ctrl-C ends it\n`);
  await signal;
  logger.info('stopping');
  await node.stop();
}
