import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeConfig, readSettings } from '../../batcher/config-sources.ts';
import { type RunningNode, startNode } from '../../cli/node/start-node.ts';
import { componentLogger } from '../../prover/log.ts';
import type { DemoL1 } from './demo-l1.ts';

/** A full batch is sealed at once; the rest of the demo's ops waits this long for company, ms. */
const BATCH_AGE_MS = 5_000;
/** The demo shows its own progress; logs are for what goes wrong. */
const LOG_LEVEL = 'error';

/**
 * Starts a node with its workers, in a folder of its own that goes with it. It is the node of `millrace node`, with the demo's
 * settings.
 * @param feeKeyHash L2 address that takes the fees
 */
export async function startDemoNode(options: {
  l1: DemoL1;
  workers: number;
  feeKeyHash: bigint;
}): Promise<RunningNode> {
  const { l1, workers, feeKeyHash } = options;
  const folder = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  // Worker processes read it when they start.
  process.env.MILLRACE_LOG_LEVEL ??= LOG_LEVEL;
  const logger = componentLogger('node');
  logger.level = process.env.MILLRACE_LOG_LEVEL;
  try {
    const deployment = join(folder, 'deployment.json');
    await writeFile(deployment, JSON.stringify(l1.deployment));
    const node = await startNode(
      nodeConfig(
        readSettings({
          MILLRACE_DATA_DIR: join(folder, 'store'),
          MILLRACE_DEPLOYMENT: deployment,
          MILLRACE_L1_RPC_URL: l1.chain.url,
          MILLRACE_OPERATOR_KEY: l1.operatorKey,
          MILLRACE_FEE_KEY_HASH: String(feeKeyHash),
          MILLRACE_WORKERS: String(workers),
          MILLRACE_BATCH_AGE_MS: String(BATCH_AGE_MS),
          MILLRACE_CONFIRMATIONS: '0',
          MILLRACE_L1_POLL_MS: '500',
          MILLRACE_HTTP_PORT: '0',
          ...(process.env.REDIS_URL === undefined ? {} : { REDIS_URL: process.env.REDIS_URL }),
        }),
      ),
      { logger },
    );
    return {
      ...node,
      stop: async () => {
        await node.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
