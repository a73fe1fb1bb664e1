import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { nodeStatus, type StatusSource } from './status-route.ts';

/** Prometheus metrics. Whatever the store knows is read from it when somebody asks. */
export function metricsRoute(app: FastifyInstance, source: StatusSource): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'millrace_' });
  const update = stateMetrics(registry, source);
  sealMetrics(registry, source);
  app.get('/metrics', async (_, reply) => {
    update();
    return reply.header('content-type', registry.contentType).send(await registry.metrics());
  });
}

/** @returns what brings them up to date */
function stateMetrics(registry: Registry, source: StatusSource): () => void {
  const registers = [registry];
  const labelNames = ['status'];
  const batches = new Gauge({ name: 'millrace_batches', help: 'Batches by status', labelNames, registers });
  const ops = new Gauge({ name: 'millrace_ops', help: 'Signed ops by status', labelNames, registers });
  const accounts = new Gauge({ name: 'millrace_accounts', help: 'Accounts', registers });
  const waitingL1 = new Gauge({
    name: 'millrace_l1_ops_waiting',
    help: 'L1 ops without a place in a batch',
    registers,
  });
  const oldestL1 = new Gauge({
    name: 'millrace_l1_oldest_op_age_seconds',
    help: 'Age of the oldest L1 op that is in no finalized batch; 0 if all are',
    registers,
  });
  const l1Deadline = new Gauge({
    name: 'millrace_l1_deadline_seconds',
    help: 'Age of an L1 op without a committed batch at which anyone may end the rollup',
    registers,
  });
  const lastFinalized = new Gauge({
    name: 'millrace_last_finalized_batch',
    help: 'Number of the newest finalized batch',
    registers,
  });
  const exitMode = new Gauge({
    name: 'millrace_exit_mode',
    help: '1 once the rollup has ended on L1',
    registers,
  });
  const admissions = new Counter({
    name: 'millrace_admissions_total',
    help: 'Ops that were sent, by outcome: admitted, repeated, or the code of the refusal',
    labelNames: ['outcome'],
    registers,
  });
  return () => {
    const status = nodeStatus(source);
    for (const [name, count] of Object.entries(status.batches)) batches.set({ status: name }, count);
    for (const [name, count] of Object.entries(status.ops)) ops.set({ status: name }, count);
    accounts.set(status.accountCount - 1);
    waitingL1.set(status.l1Queue.waiting);
    oldestL1.set((status.l1Queue.oldestAgeMs ?? 0) / 1000);
    l1Deadline.set(status.l1Queue.deadlineMs / 1000);
    lastFinalized.set(status.lastFinalized);
    exitMode.set(status.exitMode === null ? 0 : 1);
    const { admitted, repeated, refused } = source.admission.counts;
    admissions.reset();
    admissions.inc({ outcome: 'admitted' }, admitted);
    admissions.inc({ outcome: 'repeated' }, repeated);
    for (const [code, count] of refused) admissions.inc({ outcome: code }, count);
  };
}

function sealMetrics(registry: Registry, { sequencer, store }: StatusSource): void {
  const seconds = new Histogram({
    name: 'millrace_seal_seconds',
    help: 'Time to seal a batch',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3],
    registers: [registry],
  });
  sequencer.on('sealed', (number) => {
    const record = store.batches.get(number);
    if (record !== undefined) seconds.observe(record.sealMs / 1000);
  });
}
