import type { FastifyError, FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { MillraceError } from '../../protocol/error.ts';

/** An error as the API shows it. */
export interface ErrorJson {
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** What to do; null if nothing is known. */
  readonly fix: string | null;
}

/** The sender did nothing wrong; the same request is worth repeating soon. */
const TRY_AGAIN = new Set(['overloaded', 'reorganizing', 'closing']);

/** HTTP status of an error: 400 bad input, 404 no such thing, 409 the state forbids it, 503 not now, 500 our failure. */
export function statusOf(error: MillraceError): number {
  if (error.kind === 'internal') return 500;
  if (TRY_AGAIN.has(error.code)) return 503;
  if (error.code === 'not-found') return 404;
  return error.kind === 'input' ? 400 : 409;
}

export function errorJson({ code, message, details, fix }: MillraceError): ErrorJson {
  return { code, message, details: plain(details), fix: fix ?? null };
}

/** @param what e.g. `batch 7` */
export function notFound(what: string, fix: string): MillraceError {
  return new MillraceError('refused', 'not-found', `There is no ${what}`, { fix });
}

/**
 * A part of the request, checked.
 * @throws {MillraceError} `input/bad-request` that names what is wrong
 */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({
    field: path.map(String).join('.'),
    problem: message,
  }));
  throw new MillraceError('input', 'bad-request', 'The request is malformed', {
    details: { problems },
    fix: 'See docs/api.md.',
  });
}

/** A non-negative number in a path or query. */
export const numberInPath = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a whole number')
  .transform(Number);

/** Makes every failed request end with an {@link ErrorJson}. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError | MillraceError, request, reply) => {
    if (error instanceof MillraceError && error.kind !== 'internal') {
      const status = statusOf(error);
      if (status === 503) reply.header('retry-after', '1');
      return reply.status(status).send(errorJson(error));
    }
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500) {
      const code = status === 413 ? 'too-large' : 'bad-request';
      return reply.status(status).send({ code, message: error.message, details: {}, fix: null });
    }
    logger.error({ err: error, method: request.method, path: request.url }, 'request failed');
    const message = 'The node failed to answer; its log says why';
    return reply.status(500).send({ code: 'internal', message, details: {}, fix: 'Ask the operator.' });
  });
  app.setNotFoundHandler((request) => {
    throw notFound(`${request.method} ${request.url.slice(0, 200)}`, 'See docs/api.md.');
  });
}

/** Details hold whatever helps; JSON knows no big integers. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(details, (_, part) => (typeof part === 'bigint' ? String(part) : part)),
  ) as Record<string, unknown>;
}
