import { type FastifyInstance, fastify } from 'fastify';
import type { Logger } from 'pino';
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
 * @throws Node's error if the address cannot be listened on
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const app = createApi(options);
  const url = await app.listen({ host: options.host, port: options.port });
  return { url, close: () => app.close() };
}

/** The API without a port. */
export function createApi(options: ApiOptions): FastifyInstance {
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
