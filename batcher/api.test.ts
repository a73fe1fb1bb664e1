import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { integerToAddress } from '../protocol/domain.ts';
import { type L2Op, opId, signedOpToJson } from '../protocol/ops.ts';
import { payoutProof, payoutsRoot } from '../protocol/payouts.ts';
import { BatcherFixture, cursorAt, deposit, IDENTITY, TWO_SHAPES } from '../test/support/batcher-fixture.ts';
import { holder } from '../test/support/random-batch.ts';
import { Admission } from './admission.ts';
import type { NodeHealth, NodeStatus } from './api/status-route.ts';
import { type Api, startApi } from './api.ts';
import { StoredBatchSource } from './batch-source.ts';

const [alice, bob] = [holder(1), holder(2)];

let f: BatcherFixture;
let api: Api;
let admission: Admission;
let health: () => NodeHealth;

function start(port: number): Promise<Api> {
  return startApi({
    store: f.store,
    sequencer: f.sequencer,
    admission,
    shapes: TWO_SHAPES,
    tokens: [{ id: 1, symbol: 'ETH', address: `0x${'0'.repeat(40)}`, unitExponent: 9 }],
    minimumFees: new Map([[1, 5n]]),
    l1Deadline: 3600,
    health: () => health(),
    host: '127.0.0.1',
    port,
    logger: pino({ level: 'silent' }),
  });
}

beforeEach(async () => {
  f = new BatcherFixture();
  f.queue(deposit(alice, 1, 1_000n));
  admission = new Admission(f.store, f.sequencer, { minimumFees: new Map(), maxWaiting: 1_500 });
  health = () => ({
    proving: { transport: 'embedded', workers: 0, unproven: 0 },
    data: { place: 'calldata', forecast: null },
    exitMode: null,
    l1Failures: {},
  });
  api = await start(0);
});

afterEach(async () => {
  await api.close();
  f.remove();
});

async function get(path: string): Promise<{ status: number; body: unknown; headers: Headers }> {
  const answer = await fetch(`${api.url}${path}`);
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}

async function post(body: unknown, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${api.url}/v1/ops`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: text,
  });
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}

function transfer(nonce: number, amount = 1n): L2Op {
  return { type: 'transfer', from: 1, to: 1, token: 1, amount, feeCode: 0, nonce };
}

function json(op: L2Op) {
  return signedOpToJson(f.sign(op, alice));
}

it('says so when its port is taken', async () => {
  await expect(start(Number(new URL(api.url).port))).rejects.toMatchObject({
    kind: 'input',
    code: 'cannot-listen',
    details: { host: '127.0.0.1' },
  });
});

describe('POST /v1/ops', () => {
  it('takes one op and answers with its receipt', async () => {
    const id = opId(transfer(0), IDENTITY.domain);
    const receipt = { id, status: 'pending', batch: 1, position: 0, toIndex: 1 };
    expect(await post(json(transfer(0)))).toMatchObject({ status: 200, body: receipt });
    expect(await get(`/v1/ops/${id}`)).toMatchObject({
      status: 200,
      body: { ...receipt, rejection: null, op: json(transfer(0)).op },
    });
  });

  it('takes several and answers for each', async () => {
    const { status, body } = await post([json(transfer(0)), json(transfer(5)), {}]);
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { receipt: { status: 'pending', position: 0 } },
      { error: { code: 'bad-nonce', details: { account: 1, expected: '1', found: '5' } } },
      { error: { code: 'bad-op' } },
    ]);
    expect(await post([])).toMatchObject({ status: 200, body: [] });
  });

  it('says what is wrong, in JSON, with a fitting status', async () => {
    expect(await post(json(transfer(3)))).toMatchObject({
      status: 409,
      body: { code: 'bad-nonce', message: expect.any(String), fix: expect.any(String) },
    });
    expect(await post({ op: 1 })).toMatchObject({ status: 400, body: { code: 'bad-op' } });
    expect(await post('{"op":')).toMatchObject({ status: 400, body: { code: 'bad-request' } });
    expect(await post('op', 'text/html')).toMatchObject({ status: 415, body: { code: 'bad-request' } });
    expect(await post(Array(1_001).fill({}))).toMatchObject({ status: 400, body: { code: 'too-many-ops' } });
    expect(await post(`"${'x'.repeat(3 * 1024 * 1024)}"`)).toMatchObject({
      status: 413,
      body: { code: 'too-large' },
    });
  });

  it('takes no more ops of one sender than may wait at once, and goes on when they are answered', async () => {
    const gate = Promise.withResolvers<[]>();
    const asked = Promise.withResolvers<void>();
    vi.spyOn(admission, 'admitMany').mockImplementationOnce(() => {
      asked.resolve();
      return gate.promise;
    });
    const first = post(Array(600).fill({}));
    await asked.promise;
    expect(await post(Array(600).fill({}))).toMatchObject({
      status: 503,
      body: { code: 'overloaded', details: { waiting: 600, limit: 1_000 } },
    });
    expect(await post(Array(400).fill({}))).toMatchObject({ status: 200 });
    gate.resolve([]);
    expect(await first).toMatchObject({ status: 200 });
    expect(await post(Array(600).fill({}))).toMatchObject({ status: 200 });
  });

  it('asks to try again while it cannot take ops', async () => {
    f.intake.rewindL1Ops(0, cursorAt(0));
    const { status, headers, body } = await post(json(transfer(0)));
    expect({ status, body, retryAfter: headers.get('retry-after') }).toMatchObject({
      status: 503,
      body: { code: 'reorganizing' },
      retryAfter: '1',
    });
    await admission.close();
    expect(await post(json(transfer(0)))).toMatchObject({ status: 503, body: { code: 'closing' } });
  });
});

describe('reading', () => {
  it('shows accounts as pending and as sealed, and finds those of a holder', async () => {
    const toNew: L2Op = {
      type: 'transferToNew',
      from: 1,
      toKeyHash: bob.keyHash,
      token: 1,
      amount: 7n,
      feeCode: 0,
      nonce: 0,
    };
    await post(json(toNew));
    const account = {
      index: 2,
      keyHash: String(bob.keyHash),
      token: 1,
      nonce: 0,
      balance: '7',
      sealed: null,
    };
    expect(await get('/v1/accounts/2')).toMatchObject({ status: 200, body: account });
    expect((await get(`/v1/accounts?keyHash=${bob.keyHash}`)).body).toEqual({ accounts: [account] });
    f.seal();
    const sealed = { ...account, sealed: { nonce: 0, balance: '7' } };
    expect((await get(`/v1/accounts?keyHash=${bob.keyHash}&token=1`)).body).toEqual({ accounts: [sealed] });
    expect((await get(`/v1/accounts?keyHash=${bob.keyHash}&token=2`)).body).toEqual({ accounts: [] });
    expect(await get('/v1/accounts/3')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it.each([
    '/v1/accounts/x',
    '/v1/accounts/-1',
    '/v1/accounts',
    '/v1/accounts?keyHash=0x1',
    '/v1/ops/0x1',
    '/v1/batches/1.5',
  ])('refuses %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 400, body: { code: 'bad-request' } });
  });

  it.each([
    `/v1/ops/0x${'0'.repeat(64)}`,
    '/v1/batches/1',
    '/v1/batches/1/payouts/0',
    '/v1/l1-ops/9',
    '/nowhere',
  ])('has no %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it('shows a batch, what became of L1 ops, and what a claim takes', async () => {
    const withdraw = (nonce: number): L2Op => ({
      type: 'withdraw',
      from: 1,
      token: 1,
      amount: 9n,
      feeCode: 0,
      nonce,
    });
    await post([json(withdraw(0)), json(withdraw(1))]);
    f.queue({ type: 'forcedExit', owner: bob.owner, index: 1, publicKey: bob.key.publicKey });
    f.seal();
    const batch = (await get('/v1/batches/1')).body;
    expect(batch).toMatchObject({
      number: 1,
      status: 'sealed',
      shape: 'tiny',
      signedOps: 2,
      ops: [opId(withdraw(0), IDENTITY.domain), opId(withdraw(1), IDENTITY.domain)],
      l1Results: [{ outcome: 'created', index: 1 }],
      payouts: [{ owner: integerToAddress(alice.owner), token: 1, amount: '9' }, {}],
      proof: null,
      finalization: null,
    });
    const payouts = f.store.batches.payouts(1)!;
    expect((await get('/v1/batches/1/payouts/1')).body).toEqual({
      batch: 1,
      index: 1,
      owner: integerToAddress(alice.owner),
      token: 1,
      amount: '9',
      proof: payoutProof(payouts, 1),
      payoutsRoot: payoutsRoot(payouts),
      finalized: false,
    });
    expect(await get('/v1/batches/1/payouts/2')).toMatchObject({ status: 404 });
    expect((await get('/v1/l1-ops/0')).body).toMatchObject({
      type: 'deposit',
      status: 'sealed',
      batch: 1,
      result: { outcome: 'created', index: 1, amount: '0' },
    });
    expect((await get('/v1/l1-ops/1')).body).toMatchObject({
      type: 'forcedExit',
      status: 'pending',
      batch: null,
    });
  });

  it('says how far everything is', async () => {
    await post(json(transfer(0)));
    health = () => ({
      proving: { transport: 'redis', workers: 2, unproven: 1 },
      data: { place: 'blob', forecast: null },
      exitMode: { lastBatch: 7 },
      l1Failures: { submitter: { code: 'fee-cap', message: 'x' } },
    });
    expect((await get('/v1/status')).body).toMatchObject({
      rollup: { chainId: 31337, address: IDENTITY.rollup, depth: 8 },
      stateRoot: String(IDENTITY.genesisRoot),
      accountCount: 2,
      openBatch: { number: 1, l1: 1, l2: 1, accounts: 1, ageMs: expect.any(Number) },
      batches: { planned: 1, sealed: 0 },
      ops: { pending: 1, rejected: 0, awaitingAdmission: 0 },
      l1Queue: { read: 1, waiting: 0, ready: true, cursor: cursorAt(1) },
      tokens: [{ id: 1, symbol: 'ETH', minimumFee: '5' }],
      proving: { transport: 'redis', workers: 2 },
      exitMode: { lastBatch: 7 },
      l1Failures: { submitter: { code: 'fee-cap' } },
    });
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toMatch(/^millrace_l1_oldest_op_age_seconds [1-9]/m);
    expect(metrics).toContain('millrace_l1_deadline_seconds 3600');
    expect(metrics).toContain('millrace_exit_mode 1');
    expect(metrics).toContain('millrace_ops{status="pending"} 1');
    expect(metrics).toContain('millrace_admissions_total{outcome="admitted"} 1');
  });

  it('tells the age of the oldest L1 op that no finalized batch holds', async () => {
    const oldest = async () => ((await get('/v1/status')).body as NodeStatus).l1Queue.oldestAgeMs;
    const queuedAt = f.store.l1Ops.get(0)!.timestamp * 1000;
    expect(Date.now() - queuedAt - (await oldest())!).toBeLessThan(5_000);
    const number = f.seal()!;
    expect(await oldest()).not.toBeNull();
    const location = { ...cursorAt(9), transactionHash: `0x${'9'.repeat(64)}` };
    new StoredBatchSource(f.store, f.sequencer, () => undefined).markFinalized(
      [{ number, location }],
      cursorAt(9),
    );
    expect(await oldest()).toBeNull();
  });

  it('tells nobody what failed inside', async () => {
    health = () => {
      throw new Error('secret path');
    };
    const { status, body } = await get('/v1/status');
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});
