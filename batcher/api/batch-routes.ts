import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { integerToAddress } from '../../protocol/domain.ts';
import type { L1Result } from '../../protocol/l1-ops.ts';
import { payoutProof, payoutsRoot } from '../../protocol/payouts.ts';
import type { BatchRecord } from '../store/batch-table.ts';
import type { Store } from '../store.ts';
import { notFound, numberInPath, parseRequest } from './errors.ts';

const batchInPath = z.object({ number: numberInPath });
const payoutInPath = z.object({ number: numberInPath, i: numberInPath });
const l1OpInPath = z.object({ id: numberInPath });

/** Sealed batches, what they pay out on L1, and what became of L1 ops. */
export function batchRoutes(app: FastifyInstance, { store }: { store: Store }): void {
  const sealed = (number: number): BatchRecord => {
    const record = store.batches.get(number);
    if (record === undefined) throw notFound(`sealed batch ${number}`, 'Wait until it is sealed.');
    return record;
  };

  app.get('/v1/batches/:number', async (request) => {
    const { number } = parseRequest(batchInPath, request.params);
    const { oldRoot, newRoot, c, publicSignals, ...rest } = sealed(number);
    const proof = store.proofs.get(number);
    return {
      ...rest,
      oldRoot: String(oldRoot),
      newRoot: String(newRoot),
      c: String(c),
      /** What its proof speaks of; null while it waits for its blob. */
      publicSignals: publicSignals?.map(String) ?? null,
      blob: store.blobs.of(number) ?? null,
      data: `0x${Buffer.from(store.batches.data(number) ?? []).toString('hex')}`,
      ops: store.ops.ofBatch(number).map(({ id }) => id),
      l1Results: (store.batches.l1Results(number) ?? []).map(l1ResultJson),
      payouts: (store.batches.payouts(number) ?? []).map(({ owner, token, amount }) => ({
        owner: integerToAddress(owner),
        token,
        amount: String(amount),
      })),
      proof: proof ?? null,
      finalization: store.batches.finalization(number) ?? null,
    };
  });

  /** Everything that the rollup's `claim` takes. */
  app.get('/v1/batches/:number/payouts/:i', async (request) => {
    const { number, i } = parseRequest(payoutInPath, request.params);
    const { status } = sealed(number);
    const payouts = store.batches.payouts(number) ?? [];
    const payout = payouts[i];
    if (payout === undefined) {
      throw notFound(`payout ${i} of batch ${number}`, `The batch has ${payouts.length} payouts.`);
    }
    const { owner, token, amount } = payout;
    return {
      batch: number,
      index: i,
      owner: integerToAddress(owner),
      token,
      amount: String(amount),
      proof: payoutProof(payouts, i),
      payoutsRoot: payoutsRoot(payouts),
      /** It can be claimed once this is true. */
      finalized: status === 'finalized',
    };
  });

  app.get('/v1/l1-ops/:id', async (request) => {
    const { id } = parseRequest(l1OpInPath, request.params);
    const l1Op = store.l1Ops.get(id);
    if (l1Op === undefined) throw notFound(`L1 op ${id}`, 'Wait until its block has enough confirmations.');
    const record = store.batches.holderOfL1(id);
    const result =
      record === undefined ? undefined : store.batches.l1Results(record.number)?.[id - record.l1First];
    return {
      id,
      type: l1Op.op.type,
      elements: l1Op.elements.map(String),
      timestamp: l1Op.timestamp,
      location: l1Op.location,
      status: record?.status ?? 'pending',
      batch: record?.number ?? null,
      result: result === undefined ? null : l1ResultJson(result),
    };
  });
}

function l1ResultJson({ outcome, index, token, amount }: L1Result) {
  return { outcome, index, token, amount: String(amount) };
}
