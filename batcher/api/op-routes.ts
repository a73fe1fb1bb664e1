import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MillraceError } from '../../protocol/error.ts';
import { signedOpToJson } from '../../protocol/ops.ts';
import { type Admission, receiptOf } from '../admission.ts';
import type { Store } from '../store.ts';
import { errorJson, notFound, parseRequest } from './errors.ts';
import { WaitingPerSender } from './waiting-per-sender.ts';

/** Most ops in one request, and most that may wait of one sender. */
const MAX_OPS = 1_000;

const idInPath = z.object({
  id: z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hex digits'),
});

/** Sending ops, and asking after them. */
export function opRoutes(
  app: FastifyInstance,
  { admission, store }: { admission: Admission; store: Store },
): void {
  const waiting = new WaitingPerSender(MAX_OPS);

  /** One op: its receipt, or its error. Several: for each one its receipt or error, in the same order. */
  app.post('/v1/ops', async (request) => {
    const { body, ip } = request;
    if (!Array.isArray(body)) return await waiting.count(ip, 1, () => admission.admit(body));
    if (body.length > MAX_OPS) {
      throw new MillraceError('input', 'too-many-ops', 'These are too many ops for one request', {
        details: { expected: `at most ${MAX_OPS}`, found: body.length },
        fix: 'Send them in several requests.',
      });
    }
    const outcomes = await waiting.count(ip, body.length, () => admission.admitMany(body));
    return outcomes.map((outcome) =>
      outcome instanceof MillraceError ? { error: errorJson(outcome) } : { receipt: outcome },
    );
  });

  app.get('/v1/ops/:id', async (request) => {
    const { id } = parseRequest(idInPath, request.params);
    const op = store.ops.get(id);
    if (op === undefined) {
      throw notFound(`op ${id}`, 'Send the op: what was acknowledged is never forgotten.');
    }
    const { signed, receivedAt, rejection } = op;
    return { ...receiptOf(op), receivedAt, rejection: rejection ?? null, op: signedOpToJson(signed).op };
  });
}
