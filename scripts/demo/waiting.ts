import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../protocol/error.ts';
import type { NodeApi } from './node-api.ts';
import type { Say } from './run-demo.ts';

const POLL_MS = 250;

/** Waits until the node has given each of the first `count` ops of the L1 queue its place. */
export async function untilQueueIsRead(api: NodeApi, count: number, say: Say): Promise<void> {
  for (;;) {
    const { read, waiting } = (await api.status()).l1Queue;
    if (read >= count && waiting === 0) return;
    say(`${read - waiting} of ${count} taken by the node`);
    await sleep(POLL_MS);
  }
}

/**
 * Waits until every op is final on L1.
 * @throws {MillraceError} `internal/demo-failed` if the node drops an op that it acknowledged
 */
export async function untilFinal(api: NodeApi, opIds: readonly string[], say: Say): Promise<void> {
  let open = opIds;
  for (;;) {
    const { batches, l1Queue } = await api.status();
    const { planned, sealed, proven, submitted, finalized } = batches;
    say(`${finalized} batches final, ${proven + submitted} proven, ${sealed} being proven, ${planned} open`);
    open = await withoutFinal(api, open);
    if (open.length === 0 && planned + sealed + proven + submitted === 0 && l1Queue.waiting === 0) return;
    await sleep(2 * POLL_MS);
  }
}

/** The ops from the first one on that is not final. */
async function withoutFinal(api: NodeApi, opIds: readonly string[]): Promise<readonly string[]> {
  for (const [i, id] of opIds.entries()) {
    const { status, rejection } = await api.op(id);
    if (status === 'rejected') {
      throw new MillraceError('internal', 'demo-failed', 'The node dropped an op that it had acknowledged', {
        details: { op: id, rejection },
      });
    }
    if (status !== 'finalized') return opIds.slice(i);
  }
  return [];
}
