import { type FastifyInstance, fastify } from 'fastify';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import { accountRoutes } from './api/account-routes.ts';
import { batchRoutes } from './api/batch-routes.ts';
import { answerErrors } from './api/errors.ts';
import { metricsRoute } from './api/metrics.ts';
import { opRoutes } from './api/op-routes.ts';
import { type StatusSource, statusRoute } from './api/status-route.ts';

export interface ApiOptions extends StatusSource {
  /** Address to listen on, e.g. 127.0.0.1. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Logger;
}

/** The node's HTTP API as it listens. */
export interface Api {
  /** e.g. `http://127.0.0.1:7180` */
  readonly url: string;
  /** Takes no more requests and waits for those in hand. */
  close(): Promise<void>;
}

/** Largest request body in bytes: 1,000 signed ops take about 700 KiB. */
const BODY_LIMIT = 2 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Starts the API. Bodies and answers are JSON; amounts and field elements are decimal strings.
 * @throws {MillraceError} `input/cannot-listen`, e.g. if the port is taken
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const app = createApi(options);
  const { host, port } = options;
  try {
    const url = await app.listen({ host, port });
    return { url, close: () => app.close() };
  } catch (cause) {
    await app.close();
    throw new MillraceError('input', 'cannot-listen', 'The API cannot listen on this address', {
      details: { host, port, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Set another port (MILLRACE_HTTP_PORT; 0 takes any free one) or address (MILLRACE_HTTP_HOST).',
      cause,
    });
  }
}

function createApi(options: ApiOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A client that keeps its connection open must not keep the node from stopping.
    forceCloseConnections: 'idle',
  });
  answerErrors(app, options.logger);
  opRoutes(app, options);
  accountRoutes(app, options);
  batchRoutes(app, options);
  statusRoute(app, options);
  metricsRoute(app, options);
  return app;
}
