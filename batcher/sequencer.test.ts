import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { Account } from '../protocol/account.ts';
import { blobPoint, openBatch } from '../protocol/blob/binding.ts';
import { wordFromInteger } from '../protocol/bytes.ts';
import { MillraceError } from '../protocol/error.ts';
import { decodeFee } from '../protocol/fee.ts';
import type { L1Op } from '../protocol/l1-ops.ts';
import { type L2Op, opId } from '../protocol/ops.ts';
import { SHAPES } from '../protocol/shape.ts';
import { State } from '../protocol/state.ts';
import { BatchDraft } from '../protocol/transition.ts';
import {
  BatcherFixture,
  cursorAt,
  deposit,
  IDENTITY,
  queued,
  TWO_SHAPES,
} from '../test/support/batcher-fixture.ts';
import { holder } from '../test/support/random-batch.ts';
import { BlobGroups } from './blob-groups.ts';
import { largestShape, type RollupShape, shapesFor } from './rollup-shapes.ts';
import type { PublicSignals } from './store/batch-table.ts';
import type { Placement } from './store/op-table.ts';
import type { Store } from './store.ts';

/** With a shape for blobs beside them. */
const ALL_SHAPES: readonly RollupShape[] = [
  ...TWO_SHAPES,
  { shape: { name: 'for-blobs', n2: 3, n1: 3, m: 7, depth: SHAPES.tiny.depth, blob: true }, shapeId: 2 },
];

const holders = [1, 2, 3, 4].map(holder);
const [alice, bob, carol] = holders as [
  (typeof holders)[0] & object,
  (typeof holders)[0] & object,
  (typeof holders)[0] & object,
];
const open: BatcherFixture[] = [];

function fixture(options: ConstructorParameters<typeof BatcherFixture>[0] = {}): BatcherFixture {
  const made = new BatcherFixture(options);
  open.push(made);
  return made;
}

afterEach(() => {
  for (const made of open.splice(0)) made.remove();
});

function transfer(from: number, to: number, amount: bigint, nonce: number): L2Op {
  return { type: 'transfer', from, to, token: 1, amount, feeCode: 0, nonce };
}

function toNew(from: number, toKeyHash: bigint, amount: bigint, nonce: number): L2Op {
  return { type: 'transferToNew', from, toKeyHash, token: 1, amount, feeCode: 0, nonce };
}

/** Code of the error that `work` throws. */
function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof MillraceError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('Sequencer', () => {
  it('lets a chain of ops use accounts and money that are only pending', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    const created = f.place(toNew(1, bob.keyHash, 60n, 0), alice);
    expect(created).toMatchObject({ batch: 1, position: 0, toIndex: 2 });
    f.place(transfer(2, 1, 50n, 0), bob);
    f.place(transfer(1, 2, 90n, 1), alice);
    expect(f.sequencer.account(2)).toMatchObject({ balance: 100n, nonce: 1 });
    expect(f.seal()).toBe(1);
    expect(f.sequencer.sealedAccount(2)).toEqual(f.sequencer.account(2));
    expect(f.store.batches.get(1)).toMatchObject({
      shape: 'medium',
      signedOps: 3,
      accounts: 2,
      status: 'sealed',
    });
  });

  it('keeps an index that was promised, though a deposit comes in between', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    const { toIndex } = f.place(toNew(1, bob.keyHash, 60n, 0), alice);
    f.queue(deposit(carol, 1, 5n));
    expect(f.sequencer.waitingL1).toBe(1);
    f.place(transfer(1, toIndex!, 1n, 1), alice);
    f.seal();
    f.takeL1();
    f.seal();
    expect(f.sequencer.sealedAccount(toIndex!)).toMatchObject({ keyHash: bob.keyHash, balance: 61n });
    expect(f.sequencer.sealedAccount(toIndex! + 1)).toMatchObject({ keyHash: carol.keyHash });
  });

  it('does not let signed ops hold back a queue that fills a batch', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    f.place(transfer(1, 1, 1n, 0), alice);
    f.queue(...Array.from({ length: 5 }, () => deposit(bob, 1, 1n)));
    expect(f.sequencer.waitingL1).toBe(0);
    expect(f.sequencer.open).toMatchObject({ number: 2, l1: 5, l2: 0 });
  });

  it('lets signed ops in while many L1 ops wait', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    const strangers = Array.from(
      { length: 30 },
      (_, i): L1Op => ({ ...deposit(bob, 1, 1n), keyHash: BigInt(i + 7) }) as L1Op,
    );
    f.intake.appendL1Ops(
      strangers.map((op, i) => queued(1 + i, op)),
      cursorAt(31),
      true,
    );
    for (let nonce = 0; nonce < 20; nonce++) f.place(transfer(1, 1, 1n, nonce), alice);
    expect(f.sequencer.account(1)).toMatchObject({ nonce: 20 });
    f.seal();
    f.takeL1();
    expect(f.sequencer.waitingL1).toBe(0);
  });

  it('lets L1 ops in while many signed ops come', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    f.place(transfer(1, 1, 1n, 0), alice);
    f.queue(deposit(bob, 1, 1n));
    for (let nonce = 1; nonce < 7; nonce++) f.place(transfer(1, 1, 1n, nonce), alice);
    expect(f.sequencer.waitingL1).toBe(0);
    expect(f.sequencer.open).toMatchObject({ number: 2, l1: 1, l2: 1 });
  });

  it('takes the smallest shape that fits and seals a batch that is full', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    expect(f.seal()).toBe(1);
    expect(f.store.batches.get(1)?.shape).toBe('tiny');
    for (let nonce = 0; nonce < 6; nonce++) f.place(transfer(1, 1, 1n, nonce), alice);
    expect(f.store.batches.get(2)).toMatchObject({ shape: 'medium', shapeId: 1, signedOps: 6 });
    expect(f.seal()).toBeUndefined();
  });

  it('refuses without a trace what does not apply', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n), deposit(bob, 2, 5n));
    expect(codeOf(() => f.place(transfer(1, 1, 101n, 0), alice))).toBe('insufficient-balance');
    expect(codeOf(() => f.place(transfer(1, 1, 1n, 1), alice))).toBe('bad-nonce');
    expect(codeOf(() => f.place(transfer(1, 2, 1n, 0), alice))).toBe('token-mismatch');
    expect(codeOf(() => f.place(transfer(1, 9, 1n, 0), alice))).toBe('unknown-account');
    expect(codeOf(() => f.place(transfer(9, 1, 1n, 0), alice))).toBe('unknown-account');
    expect(codeOf(() => f.place(transfer(1, 1, 1n, 0), bob))).toBe('key-mismatch');
    expect(codeOf(() => f.place(toNew(1, alice.keyHash, 1n, 0), alice))).toBe('account-exists');
    expect(codeOf(() => f.place({ ...transfer(1, 1, 1n, 0), feeCode: 1 }, alice))).toBe('no-fee-account');
    expect(f.store.ops.pendingCount()).toBe(0);
    f.place(transfer(1, 1, 1n, 0), alice);
  });

  it('credits fees when the batch is sealed', () => {
    const f = fixture({ feeKeyHash: carol.keyHash });
    f.queue(deposit(carol, 1, 1n), deposit(alice, 1, 100n));
    f.seal();
    f.place({ ...transfer(2, 2, 1n, 0), feeCode: 7 }, alice);
    expect(f.sequencer.account(1)?.balance).toBe(1n);
    f.seal();
    expect(f.sequencer.account(1)?.balance).toBe(1n + decodeFee(7));
  });

  it('takes fees with an account that the same batch creates', () => {
    const f = fixture({ feeKeyHash: carol.keyHash });
    f.queue(deposit(carol, 1, 1n), deposit(alice, 1, 100n));
    const op = { ...transfer(2, 2, 1n, 0), feeCode: 7 };
    expect(f.place(op, alice)).toMatchObject({ batch: 1 });
    f.reopen();
    expect(f.seal()).toBe(1);
    expect(f.sequencer.account(1)?.balance).toBe(1n + decodeFee(7));
  });

  it('builds the same open batch after a restart, also with other fee and shape settings', () => {
    const f = fixture({ feeKeyHash: carol.keyHash });
    f.queue(deposit(carol, 1, 1n), deposit(alice, 1, 100n));
    f.seal();
    const ops = [0, 1, 2].map((nonce) => ({ ...transfer(2, 2, 1n, nonce), feeCode: 7 }));
    for (const op of ops) f.place(op, alice);
    const before = f.sequencer.open;
    f.reopen();
    expect(f.sequencer.open).toEqual(before);
    f.reopen({ feeKeyHash: bob.keyHash, shapes: [TWO_SHAPES[0]!] });
    // Two ops fit in the small shape; the third is in the next batch.
    expect(ops.map((op) => f.store.ops.get(opId(op, IDENTITY.domain))?.placement?.batch)).toEqual([2, 2, 3]);
    f.seal();
    expect(f.sequencer.sealedAccount(1)?.balance).toBe(1n + 3n * decodeFee(7));
  });

  it('tells all listeners, and the caller no failure, when one of them fails', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    const heard: number[] = [];
    f.sequencer.on('sealed', () => {
      throw new Error('deaf');
    });
    f.sequencer.on('sealed', (number) => heard.push(number));
    for (let nonce = 0; nonce < 3; nonce++) f.place(transfer(1, 1, 1n, nonce), alice);
    expect(f.seal()).toBe(1);
    f.sequencer.atomically(() => {
      f.sequencer.place('0x1', f.sign(transfer(1, 1, 1n, 3), alice), 1);
      f.sequencer.seal();
      f.sequencer.place('0x2', f.sign(transfer(1, 1, 1n, 4), alice), 1);
      f.sequencer.seal();
    });
    expect(heard).toEqual([1, 2, 3]);
  });

  it('is as before when a transaction fails', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    const { sequencer } = f;
    const heard: number[] = [];
    sequencer.on('sealed', (number) => heard.push(number));
    const before = sequencer.open;
    const work = () => {
      sequencer.place('0x1', f.sign(toNew(1, bob.keyHash, 1n, 0), alice), 1);
      sequencer.seal();
      throw new Error('disk full');
    };
    expect(() => sequencer.atomically(work)).toThrow('disk full');
    expect(sequencer.open).toEqual(before);
    expect(sequencer.account(2)).toBeUndefined();
    expect(heard).toEqual([]);
    expect(f.place(toNew(1, bob.keyHash, 1n, 0), alice)).toMatchObject({ batch: 1, toIndex: 2 });
  });
});

describe('a reorg of the L1 queue', () => {
  it('undoes the batches from the first that held a lost op, and builds the same ones when the ops come back', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    f.seal();
    f.queue(deposit(bob, 1, 10n));
    f.place(transfer(2, 1, 3n, 0), bob);
    f.seal();
    f.place(transfer(1, 2, 50n, 0), alice);
    const roots = [1, 2].map((number) => f.store.batches.get(number)?.newRoot);
    const undone: number[] = [];
    f.sequencer.on('undone', (number) => undone.push(number));

    f.intake.rewindL1Ops(1, cursorAt(1));
    expect(undone).toEqual([2]);
    expect(f.store.batches.lastSealed()).toBe(1);
    expect(codeOf(() => f.place(transfer(1, 1, 1n, 1), alice))).toBe('reorganizing');
    expect(f.seal()).toBeUndefined();
    f.reopen();
    expect(f.sequencer.ready).toBe(false);
    f.queue(deposit(bob, 1, 10n));
    expect([1, 2].map((number) => f.store.batches.get(number)?.newRoot)).toEqual(roots);
    expect(f.sequencer.open).toMatchObject({ number: 3, l2: 1 });
    expect(f.store.ops.rejectedCount()).toBe(0);
  });

  it('waits for the whole queue before it builds undone batches again', () => {
    const f = fixture();
    const ops = [deposit(alice, 1, 100n), deposit(bob, 1, 10n)];
    f.queue(...ops);
    f.place(transfer(2, 1, 3n, 0), bob);
    f.seal();
    const root = f.store.batches.get(1)?.newRoot;
    f.intake.rewindL1Ops(0, cursorAt(0));
    ops.forEach((op, id) => {
      f.intake.appendL1Ops([], cursorAt(id), false);
      f.intake.appendL1Ops([queued(id, op)], cursorAt(id + 1), false);
      expect(f.sequencer.ready).toBe(false);
    });
    f.intake.appendL1Ops([], cursorAt(3), true);
    expect(f.store.batches.get(1)?.newRoot).toBe(root);
    expect(f.store.ops.rejectedCount()).toBe(0);
  });

  it('rejects ops that do not apply any more, with the reason, and nothing else', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n), deposit(bob, 1, 10n));
    const lost = transfer(2, 1, 3n, 0);
    const kept = transfer(1, 1, 3n, 0);
    f.place(lost, bob);
    f.place(kept, alice);
    f.seal();
    f.intake.rewindL1Ops(1, cursorAt(1));
    f.queue();
    expect(f.store.ops.get(opId(lost, IDENTITY.domain))).toMatchObject({
      status: 'rejected',
      rejection: { code: 'unknown-account' },
    });
    expect(f.store.ops.get(opId(kept, IDENTITY.domain))).toMatchObject({
      status: 'sealed',
      placement: { batch: 1 },
    });
    // What was rejected can be sent again once it applies.
    f.queue(deposit(bob, 1, 10n));
    expect(f.place(lost, bob)).toMatchObject({ batch: 2 });
    expect(f.store.ops.get(opId(lost, IDENTITY.domain))?.status).toBe('pending');
  });

  it('never pays another holder than at admission', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n), deposit(bob, 1, 10n));
    const op = transfer(1, 2, 30n, 0);
    f.place(op, alice);
    f.intake.rewindL1Ops(1, cursorAt(1));
    f.queue(deposit(carol, 1, 10n));
    expect(f.sequencer.account(2)).toMatchObject({ keyHash: carol.keyHash, balance: 10n });
    expect(f.store.ops.get(opId(op, IDENTITY.domain))?.rejection?.code).toBe('account-moved');
  });
});

describe('a batch that L1 refuses for an overdue L1 op', () => {
  const take = (f: BatcherFixture, number: number) =>
    f.sequencer.atomically(() => f.sequencer.takeOverdueL1(number));

  it('is built again with the L1 ops that wait, also with those that later batches held', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    f.seal();
    const kept = transfer(1, 1, 1n, 0);
    f.place(kept, alice);
    f.seal();
    f.queue(deposit(bob, 1, 10n));
    const paid = transfer(2, 1, 3n, 0);
    f.place(paid, bob);
    f.seal();
    const heard: string[] = [];
    f.sequencer.on('undone', (number) => heard.push(`undone ${number}`));
    f.sequencer.on('sealed', (number) => heard.push(`sealed ${number}`));
    expect(take(f, 2)).toBe(true);
    expect(heard).toEqual(['undone 3', 'undone 2', 'sealed 2', 'sealed 3']);
    expect(f.store.batches.get(2)).toMatchObject({ status: 'sealed', l1First: 1, l1End: 2, signedOps: 1 });
    expect(f.store.batches.get(3)).toMatchObject({ status: 'sealed', l1First: 2, l1End: 2, signedOps: 1 });
    expect(f.store.ops.rejectedCount()).toBe(0);
    expectModelAgrees(f);
    expect(take(f, 2)).toBe(false);
  });

  it('becomes batches of L1 ops alone where the shape has room for nothing else', () => {
    const f = fixture({ shapes: [TWO_SHAPES[0]!] });
    f.queue(deposit(alice, 1, 100n));
    f.seal();
    f.place(toNew(1, bob.keyHash, 60n, 0), alice);
    f.queue(...[7n, 8n, 9n].map((keyHash): L1Op => ({ ...deposit(carol, 1, 1n), keyHash }) as L1Op));
    f.place(transfer(2, 1, 1n, 0), bob);
    expect(f.store.batches.get(2)).toMatchObject({ l1First: 1, l1End: 1 });
    expect(take(f, 2)).toBe(true);
    expect(f.store.batches.get(2)).toMatchObject({ l1First: 1, l1End: 3, signedOps: 0 });
    expectModelAgrees(f);
  });

  it('rejects ops that the L1 ops leave without their account, with the reason', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    f.seal();
    const lost = transfer(1, 2, 5n, 1);
    f.place(toNew(1, bob.keyHash, 60n, 0), alice);
    f.place(lost, alice);
    f.seal();
    f.queue(deposit(carol, 1, 10n));
    expect(take(f, 2)).toBe(true);
    expect(f.sequencer.account(2)).toMatchObject({ keyHash: carol.keyHash, balance: 10n });
    expect(f.sequencer.account(3)).toMatchObject({ keyHash: bob.keyHash, balance: 60n });
    expect(f.store.ops.get(opId(lost, IDENTITY.domain))?.rejection?.code).toBe('account-moved');
  });

  it('stays as it is if no L1 op waits behind it, if it is not sealed, and if it is final', () => {
    const f = fixture();
    f.queue(deposit(alice, 1, 100n));
    f.seal();
    expect([1, 2].map((number) => take(f, number))).toEqual([false, false]);
    f.queue(deposit(bob, 1, 10n));
    expect(take(f, 2)).toBe(false);
    f.store.batches.setStatus(1, 1, 'finalized');
    expect(take(f, 1)).toBe(false);
    f.store.batches.setStatus(1, 1, 'submitted');
    expect(take(f, 1)).toBe(true);
  });
});

type Step =
  | { kind: 'deposit'; to: number; token: number; amount: number }
  | { kind: 'exit'; of: number; index: number }
  | {
      kind: 'op';
      by: number;
      target: number;
      type: 'transfer' | 'transferToNew' | 'withdraw';
      amount: number;
      fee: number;
    }
  | { kind: 'seal' }
  | { kind: 'share' }
  | { kind: 'restart' }
  | { kind: 'overdue'; batch: number }
  | { kind: 'reorg'; depth: number; same: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('deposit' as const),
      to: fc.nat(3),
      token: fc.integer({ min: 1, max: 2 }),
      amount: fc.integer({ min: 1, max: 50 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('exit' as const), of: fc.nat(3), index: fc.nat(6) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('op' as const),
      by: fc.nat(9),
      target: fc.nat(9),
      type: fc.constantFrom('transfer' as const, 'transferToNew' as const, 'withdraw' as const),
      amount: fc.nat(20),
      fee: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'seal' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'share' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('overdue' as const), batch: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reorg' as const), depth: fc.nat(3), same: fc.boolean() }),
  },
);

describe('what admission promised', () => {
  it('is what sealing does, for any mix of ops, restarts, reorgs and overdue L1 ops', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), fc.nat(2), (steps, variant) => {
        const shapes = [TWO_SHAPES.slice(0, 1), TWO_SHAPES, ALL_SHAPES][variant]!;
        let asked = 0;
        const dataPlace = () => (shapes === ALL_SHAPES && asked++ % 3 > 0 ? 'blob' : 'calldata');
        const f = new BatcherFixture({ shapes, feeKeyHash: carol.keyHash, dataPlace });
        try {
          runSteps(f, steps);
        } finally {
          f.remove();
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** Runs the steps, then seals everything and compares with the model that replays what the store says. */
function runSteps(f: BatcherFixture, steps: readonly Step[]): void {
  const promised = new Map<string, Placement>();
  let reorganized = false;
  const accountOf = (number: number): [number, Account] | undefined => {
    const count = f.sequencer.tip.accountCount;
    if (count === 1) return undefined;
    const index = 1 + (number % (count - 1));
    return [index, f.sequencer.account(index)!];
  };
  for (const s of steps) {
    if (s.kind === 'deposit') f.queue(deposit(holders[s.to]!, s.token, BigInt(s.amount)));
    else if (s.kind === 'exit') {
      const { owner, key } = holders[s.of]!;
      f.queue({ type: 'forcedExit', owner, index: s.index, publicKey: key.publicKey });
    } else if (s.kind === 'seal') {
      f.seal();
      f.takeL1();
    } else if (s.kind === 'share') shareBlobs(f);
    else if (s.kind === 'restart') {
      const before = [f.sequencer.open, f.sequencer.tip, f.sequencer.waitingL1];
      f.reopen();
      expect([f.sequencer.open, f.sequencer.tip, f.sequencer.waitingL1]).toEqual(before);
    } else if (s.kind === 'overdue') {
      const number = 1 + (s.batch % Math.max(1, f.store.batches.lastSealed()));
      if (f.sequencer.atomically(() => f.sequencer.takeOverdueL1(number))) {
        reorganized = true;
        expectNothingOverdueFrom(f, number);
      }
    } else if (s.kind === 'reorg') {
      const count = f.store.l1Ops.count();
      const left = Math.max(0, count - s.depth);
      const ops = Array.from({ length: count - left }, (_, i) => f.store.l1Ops.get(left + i)!.op);
      // A signed op that filled its batch may have left L1 ops waiting, which take their places before anything else is read.
      f.takeL1();
      const before = [f.sequencer.open, f.sequencer.tip];
      f.intake.rewindL1Ops(left, cursorAt(left));
      if (s.same) {
        f.queue(...ops);
        if (f.sequencer.waitingL1 === 0) expect([f.sequencer.open, f.sequencer.tip]).toEqual(before);
      } else {
        reorganized = true;
        f.queue(...ops.slice(1));
      }
    } else {
      const payer = accountOf(s.by);
      const payee = accountOf(s.target);
      if (payer === undefined || payee === undefined) continue;
      const [from, account] = payer;
      const by = holders.find(({ keyHash }) => keyHash === account.keyHash);
      if (by === undefined) continue;
      const payment = {
        from,
        token: account.token,
        amount: BigInt(s.amount),
        feeCode: s.fee,
        nonce: account.nonce,
      };
      const op: L2Op =
        s.type === 'transfer'
          ? { type: 'transfer', ...payment, to: payee[0] }
          : s.type === 'withdraw'
            ? { type: 'withdraw', ...payment }
            : { type: 'transferToNew', ...payment, toKeyHash: holders[s.target % 4]!.keyHash };
      try {
        promised.set(opId(op, IDENTITY.domain), f.place(op, by));
      } catch (error) {
        if (!(error instanceof MillraceError) || error.kind !== 'refused') throw error;
      }
    }
  }
  while (f.seal() !== undefined || f.sequencer.waitingL1 > 0) f.takeL1();

  for (const [id, placement] of promised) {
    const op = f.store.ops.get(id)!;
    if (!reorganized) expect(op.placement).toEqual(placement);
    expect(op.status).toBe(op.rejection === undefined ? 'sealed' : 'rejected');
    if (op.rejection === undefined && placement.toKeyHash !== undefined) {
      expect(f.sequencer.sealedAccount(op.placement!.toIndex!)?.keyHash).toBe(placement.toKeyHash);
    }
  }
  if (!reorganized) expect(f.store.ops.rejectedCount()).toBe(0);
  expectModelAgrees(f);
}

const HASH = `0x01${'ab'.repeat(31)}`;

/** Lets the batches that wait share blobs of at most three. */
function shareBlobs({ store, sequencer }: BatcherFixture): void {
  const groups = new BlobGroups({
    store,
    sequencer,
    mostBatches: 3,
    mostBytes: 100_000,
    timing: { forecast: () => ({ submit: false }) },
    versionedHash: () => HASH,
    onProofWanted: () => undefined,
    pollMs: 1_000,
    logger: pino({ level: 'silent' }),
  });
  groups.close();
  groups.flush();
}

/** What a batch's proof speaks of, if it shares a blob: it is the blob of exactly these batches. */
function openedIn(store: Store, number: number): PublicSignals | undefined {
  const blob = store.blobs.of(number);
  if (blob === undefined) return undefined;
  const parts = store.blobs.parts(blob.first, blob.last);
  expect(parts).toHaveLength(blob.last - blob.first + 1);
  const { a, zy, yLo } = openBatch(
    parts[number - blob.first]!,
    blobPoint(wordFromInteger(BigInt(HASH)), parts),
  );
  return [a, zy, yLo];
}

/** L1 accepts a batch that leaves no L1 op behind or that has no place left for one. */
function expectNothingOverdueFrom({ store }: BatcherFixture, first: number): void {
  for (let number = first; number <= store.batches.lastSealed(); number++) {
    const { l1First, l1End, shape } = store.batches.get(number)!;
    const { n1 } = ALL_SHAPES.find((candidate) => candidate.shape.name === shape)!.shape;
    if (l1End < store.l1Ops.count()) expect(l1End - l1First).toBe(n1);
  }
}

/** Applies the ops of the store's batches to a fresh state, and compares every root. */
function expectModelAgrees({ store, sequencer }: BatcherFixture): void {
  const state = new State(IDENTITY.depth);
  let nextL1 = 0;
  for (let number = 1; number <= store.batches.lastSealed(); number++) {
    const record = store.batches.get(number)!;
    expect(record.l1First).toBe(nextL1);
    nextL1 = record.l1End;
    const ofPlace = shapesFor(ALL_SHAPES, record.dataPlace);
    const draft: BatchDraft = new BatchDraft(state, largestShape(ofPlace).shape, {
      domain: IDENTITY.domain,
      number,
      feeAccounts: { get: (token) => draft.find(carol.keyHash, token) },
    });
    for (let id = record.l1First; id < record.l1End; id++)
      expect(draft.addL1(store.l1Ops.get(id)!.op)).toBe('added');
    const ops = store.ops.ofBatch(number);
    ops.forEach(({ signed, placement }, i) => {
      expect(placement?.position).toBe(i);
      expect(draft.addL2(signed)).toBe('added');
    });
    const { shape, shapeId } = ofPlace.find((candidate) => draft.fits(candidate.shape))!;
    const sealed = draft.seal(shape, shapeId);
    const { oldRoot, newRoot, c, publicSignals, accountCount, dataPlace } = record;
    expect({ oldRoot, newRoot, c, publicSignals, accountCount }).toEqual({
      oldRoot: sealed.oldRoot,
      newRoot: sealed.newRoot,
      c: sealed.c,
      publicSignals: dataPlace === 'calldata' ? [sealed.c, sealed.z, sealed.y] : openedIn(store, number),
      accountCount: sealed.accountCountAfter,
    });
    expect(record.signedOps).toBe(ops.length);
    expect(store.batches.witness(number)).toEqual(sealed.witness);
    expect(store.batches.payouts(number)).toEqual(sealed.payouts);
    expect(store.batches.l1Results(number)).toEqual(sealed.l1Results);
  }
  expect(nextL1).toBe(store.l1Ops.count());
  expect(store.accounts.all()).toEqual(state.snapshot());
  expect(sequencer.tip.sealedRoot).toBe(state.root);
}
