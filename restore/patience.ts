import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { persistently, reasonOf } from '../aggregator/l1-connection.ts';
import { MillraceError } from '../protocol/error.ts';

/** Tries of a request that the L1 node refuses: limits on the rate of requests end by themselves. */
const TRIES = 5;
const FIRST_DELAY_MS = 500;

/**
 * Repeats `ask` for as long as the L1 node cannot be reached, and a few times where it answers with an error of its own.
 * @throws {MillraceError} `refused/l1-request-refused`; what `ask` throws of another kind
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  options: { signal: AbortSignal; logger: Logger },
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await persistently(ask, options);
    } catch (error) {
      if (!(error instanceof Error) || !('shortMessage' in error)) throw error;
      if (tries < TRIES) {
        await sleep(FIRST_DELAY_MS * 2 ** (tries - 1), undefined, { signal: options.signal });
        continue;
      }
      throw new MillraceError('refused', 'l1-request-refused', 'The L1 node answers with an error', {
        details: { reason: reasonOf(error) },
        fix: 'Try again later, or use another L1 node: what was read so far is kept.',
        cause: error,
      });
    }
  }
}
