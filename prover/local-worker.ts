/**
 * A worker process that the node runs on its own machine: forked by `local-workers.ts`, told over IPC what to do, and
 * gone when the node is gone.
 */

import { type LocalWorkerOrder, localWorkerOrderSchema } from './local-workers.ts';
import { componentLogger } from './log.ts';
import { endWithParent } from './parent-watch.ts';
import { BullmqProofSource } from './source-bullmq.ts';
import { startWorker } from './worker.ts';

process.once('message', (message) => work(localWorkerOrderSchema.parse(message)));

function work({ parentPid, redisUrl, artifacts, backend, timeoutMs, graceMs }: LocalWorkerOrder): void {
  endWithParent(parentPid);
  const logger = componentLogger('worker');
  const source = new BullmqProofSource({ redisUrl, logger });
  const worker = startWorker({
    source,
    artifacts,
    backend,
    timeoutMs,
    logger,
  });
  const stop = async (grace: number): Promise<void> => {
    await worker.stop(grace);
    await source.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => stop(graceMs));
  process.once('disconnect', () => stop(0));
}
