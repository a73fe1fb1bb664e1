import { setTimeout as sleep } from 'node:timers/promises';
import { FetchRequest, JsonRpcProvider } from 'ethers';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';

const REQUEST_TIMEOUT_MS = 20_000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

/**
 * A provider for one chain. It never answers from a cache, a request that hangs ends after 20 s, and the
 * chain id is not asked for again, so a lost connection shows as an error of the request at hand.
 *
 * @param url http(s) URL of the L1 node; it may hold an access key: never log it
 */
export function l1Provider(url: string, chainId: number): JsonRpcProvider {
  const request = new FetchRequest(url);
  request.timeout = REQUEST_TIMEOUT_MS;
  return new JsonRpcProvider(request, chainId, {
    staticNetwork: true,
    cacheTimeout: -1,
    batchStallTime: 1,
    pollingInterval: 500,
  });
}

/** Whether the L1 node is asked on this machine itself. */
export function isLoopback(provider: JsonRpcProvider): boolean {
  const { hostname } = new URL(provider._getConnection().url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/**
 * Asks an L1 node for its chain id.
 * @throws {MillraceError} `refused/l1-unreachable`
 */
export async function chainIdOf(url: string): Promise<number> {
  // The network's id is not known yet; with a static one ethers asks for nothing else.
  const provider = l1Provider(url, 0);
  try {
    return Number(await provider.send('eth_chainId', []));
  } catch (cause) {
    throw new MillraceError('refused', 'l1-unreachable', 'The L1 node does not answer', {
      details: { host: new URL(url).host, reason: reasonOf(cause) },
      fix: 'Check the RPC URL and that the L1 node runs.',
      cause,
    });
  } finally {
    provider.destroy();
  }
}

const CONNECTION_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'TIMEOUT', 'SERVER_ERROR', 'NETWORK_ERROR'],
]);

/** Whether an error says that the L1 node could not be asked, and nothing about the question. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  return (typeof code === 'string' && CONNECTION_CODES.has(code)) || error.message === 'socket hang up';
}

/** One line that says why, without what ethers appends (request bodies, signed transactions, URLs). */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 300);
  const { shortMessage, code } = error as { shortMessage?: unknown; code?: unknown };
  const text = typeof shortMessage === 'string' ? shortMessage : error.message || String(code ?? error.name);
  return text.slice(0, 300);
}

/**
 * Repeats `ask` while the L1 node cannot be reached, with growing delays up to 10 s. Any other error goes
 * through at once.
 *
 * @param signal ends the waiting: its reason is thrown
 */
export async function persistently<T>(
  ask: () => Promise<T>,
  { signal, logger }: { signal: AbortSignal; logger: Logger },
): Promise<T> {
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      logger.warn({ reason: reasonOf(error), retryInMs: delay }, 'L1 node unreachable');
    }
    await sleep(delay, undefined, { signal });
  }
}
