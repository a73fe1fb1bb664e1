import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../protocol/error.ts';
import { encodeFee } from '../protocol/fee.ts';
import { type L2Op, signedOpToJson, type Transfer } from '../protocol/ops.ts';
import { BatcherFixture, deposit } from '../test/support/batcher-fixture.ts';
import { holder } from '../test/support/random-batch.ts';
import { Admission } from './admission.ts';

const [alice, bob] = [holder(1), holder(2)];
const OTHER_SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

let f: BatcherFixture;
let admission: Admission;

beforeEach(() => {
  f = new BatcherFixture();
  f.queue(deposit(alice, 1, 1_000n));
  admission = new Admission(f.store, f.sequencer, { minimumFees: new Map() });
});

afterEach(() => f.remove());

function transfer(nonce: number, fields: Partial<Transfer> = {}): Transfer {
  return { type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0, nonce, ...fields };
}

function json(op: L2Op, by = alice) {
  return signedOpToJson(f.sign(op, by));
}

describe('Admission', () => {
  it('acknowledges what is on disk, in order, and lets ops build on each other', async () => {
    const toBob: L2Op = {
      type: 'transferToNew',
      from: 1,
      toKeyHash: bob.keyHash,
      token: 1,
      amount: 10n,
      feeCode: 0,
      nonce: 0,
    };
    const outcomes = await admission.admitMany([
      json(toBob),
      json(transfer(0, { from: 2, amount: 4n }), bob),
      json(transfer(1, { to: 2 })),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'pending', batch: 1, position: 0, toIndex: 2 },
      { batch: 1, position: 1, toIndex: 1 },
      { batch: 1, position: 2, toIndex: 2 },
    ]);
    f.reopen();
    expect(f.sequencer.account(2)).toMatchObject({ balance: 7n, nonce: 1 });
    expect(f.store.ops.pendingCount()).toBe(3);
  });

  it('gives the same op the same answer and applies it once, whatever its signature', async () => {
    const first = json(transfer(0));
    const s = BigInt(first.signature.s);
    const again = { ...first, signature: { ...first.signature, s: String(s + OTHER_SUBGROUP_ORDER) } };
    const [a, b] = await admission.admitMany([first, first]);
    expect(b).toEqual(a);
    expect(await admission.admit(again)).toEqual(a);
    f.seal();
    expect(await admission.admit(first)).toEqual({ ...a, status: 'sealed' });
    f.reopen();
    admission = new Admission(f.store, f.sequencer, { minimumFees: new Map() });
    expect(await admission.admit(first)).toEqual({ ...a, status: 'sealed' });
    expect(f.sequencer.account(1)?.nonce).toBe(1);
    expect(admission.counts.repeated).toBe(1);
  });

  it('refuses forged and malleated signatures', async () => {
    const good = json(transfer(0));
    const { signature } = good;
    const forged = [
      { ...good, signature: { ...signature, s: String(BigInt(signature.s) + 1n) } },
      { ...good, signature: { ...signature, s: String(BigInt(signature.s) + OTHER_SUBGROUP_ORDER) } },
      { ...good, op: { ...good.op, amount: '2' } },
    ];
    for (const attempt of forged) {
      await expect(admission.admit(attempt)).rejects.toMatchObject({
        kind: 'refused',
        code: 'bad-signature',
      });
    }
    const othersKey = { ...good, publicKey: json(transfer(0), bob).publicKey };
    for (const attempt of [othersKey, json(transfer(0), bob)]) {
      await expect(admission.admit(attempt)).rejects.toMatchObject({ code: 'key-mismatch' });
    }
    expect(f.store.ops.pendingCount()).toBe(0);
    expect(admission.counts.refused.get('bad-signature')).toBe(3);
  });

  it('looks at a signature only if the op could apply', async () => {
    const unsigned = (op: L2Op, by = alice) => {
      const signed = json(op, by);
      return { ...signed, signature: { ...signed.signature, s: '1' } };
    };
    const outcomes = await admission.admitMany([
      unsigned(transfer(0, { from: 9 })),
      unsigned(transfer(0), bob),
      unsigned(transfer(1)),
      unsigned(transfer(0)),
      json(transfer(0)),
      unsigned(transfer(3)),
    ]);
    expect(outcomes).toMatchObject([
      { code: 'unknown-account' },
      { code: 'key-mismatch' },
      { code: 'bad-nonce' },
      { code: 'bad-signature' },
      { status: 'pending' },
      { code: 'bad-nonce' },
    ]);
    await expect(admission.admit(unsigned(transfer(0, { amount: 2n })))).rejects.toMatchObject({
      code: 'bad-nonce',
      details: { expected: '1', found: '0' },
    });
  });

  it.each([
    ['nothing', undefined, ''],
    ['text', 'transfer', ''],
    ['a missing field', { op: {} }, 'op.type'],
    ['a negative amount', { amount: '-1' }, 'op.amount'],
    ['an amount of 65 bits', { amount: String(1n << 64n) }, 'op.amount'],
    ['a leading zero', { amount: '01' }, 'op.amount'],
    ['a number as amount', { amount: 1 }, 'op.amount'],
    ['a nonce of 41 bits', { nonce: 2 ** 40 }, 'op.nonce'],
    ['a fractional index', { to: 1.5 }, 'op.to'],
    ['an unknown field', { memo: 'x' }, 'op'],
  ])('refuses %s and names the field', async (_, change, field) => {
    const good = json(transfer(0));
    const bad =
      typeof change === 'object' && !('op' in change) ? { ...good, op: { ...good.op, ...change } } : change;
    const error = await admission.admit(bad).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'input', code: 'bad-op' });
    const { details } = error as { details: { problems: { field: string }[] } };
    expect(details.problems.map((problem) => problem.field)).toContain(field);
  });

  it('tells what it expected of the nonce, balance and accounts', async () => {
    const outcomes = await admission.admitMany([
      json(transfer(1)),
      json(transfer(0, { amount: 1_001n })),
      json(transfer(0, { to: 7 })),
      json(transfer(0, { token: 2 })),
      json(transfer(0)),
      json(transfer(0, { amount: 5n })),
    ]);
    expect(outcomes).toMatchObject([
      { code: 'bad-nonce', details: { account: 1, expected: '0', found: '1' } },
      { code: 'insufficient-balance', details: { account: 1, expected: 'at most 1000', found: '1001' } },
      { code: 'unknown-account', details: { account: 7, field: 'to' } },
      { code: 'token-mismatch', details: { account: 1 } },
      { status: 'pending', position: 0 },
      { code: 'bad-nonce', details: { expected: '1', found: '0' } },
    ]);
  });

  it('names the account of a TransferToNew to somebody who has one, pending ones included', async () => {
    const op: L2Op = {
      type: 'transferToNew',
      from: 1,
      toKeyHash: bob.keyHash,
      token: 1,
      amount: 10n,
      feeCode: 0,
      nonce: 0,
    };
    await admission.admit(json(op));
    await expect(admission.admit(json({ ...op, nonce: 1 }))).rejects.toMatchObject({
      code: 'account-exists',
      details: { account: 2 },
    });
  });

  it('asks for the least fee', async () => {
    f.remove();
    f = new BatcherFixture({ feeKeyHash: bob.keyHash });
    f.queue(deposit(alice, 1, 1_000n), deposit(bob, 1, 1n));
    f.seal();
    admission = new Admission(f.store, f.sequencer, { minimumFees: new Map([[1, 300n]]) });
    await expect(admission.admit(json(transfer(0, { feeCode: encodeFee(250n) })))).rejects.toMatchObject({
      code: 'fee-too-low',
      details: { token: 1, expected: 'at least 300', found: '250' },
    });
    expect(await admission.admit(json(transfer(0, { feeCode: encodeFee(300n) })))).toMatchObject({
      batch: 2,
    });
  });

  it('refuses more than may wait, and everything once it is closed', async () => {
    admission = new Admission(f.store, f.sequencer, { minimumFees: new Map(), maxWaiting: 2 });
    const ops = [0, 1, 2].map((nonce) => json(transfer(nonce)));
    await expect(admission.admitMany(ops)).rejects.toMatchObject({ code: 'overloaded' });
    const taken = admission.admitMany(ops.slice(0, 2));
    const closed = admission.close();
    await expect(admission.admit(ops[2])).rejects.toMatchObject({ code: 'closing' });
    expect(await taken).toMatchObject([{ position: 0 }, { position: 1 }]);
    await closed;
  });

  it('refuses everything once it is ended, what waits included, and says why', async () => {
    const reason = new MillraceError('refused', 'exit-mode', 'The rollup has ended');
    const taken = admission.admit(json(transfer(0)));
    const waiting = admission.admit(json(transfer(1)));
    admission.end(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(await taken).toMatchObject({ position: 0 });
    await expect(admission.admit(json(transfer(0)))).rejects.toBe(reason);
  });

  it('fails all ops of a transaction that does not reach the disk, and admits them the next time', async () => {
    const ops = [0, 1].map((nonce) => json(transfer(nonce)));
    const { store } = f;
    const original = store.ops.append.bind(store.ops);
    let full = true;
    store.ops.append = (...row) => {
      original(...row);
      if (full) throw new Error('disk full');
    };
    await expect(admission.admitMany(ops)).rejects.toThrow('disk full');
    expect(store.ops.pendingCount()).toBe(0);
    expect(f.sequencer.account(1)?.nonce).toBe(0);
    full = false;
    expect(await admission.admitMany(ops)).toMatchObject([{ position: 0 }, { position: 1 }]);
  });
});
