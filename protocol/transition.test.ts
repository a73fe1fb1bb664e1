import { describe, expect, test } from 'vitest';
import { holder } from '../test/support/random-batch.ts';
import { type Account, NONCE_LIMIT } from './account.ts';
import { encodeFee } from './fee.ts';
import type { L1Op } from './l1-ops.ts';
import { type L2Op, type SignedOp, signOp } from './ops.ts';
import type { Shape } from './shape.ts';
import { State } from './state.ts';
import { type BatchContext, BatchDraft } from './transition.ts';

const DOMAIN = 99n;
const [operator, alice, bob, carol] = [holder(0), holder(1), holder(2), holder(3)];
const SHAPE: Shape = { name: 'test', n2: 4, n1: 3, m: 6, depth: 8 };

/** Indexes of the accounts that every test starts with. */
const OPERATOR = 1;
const ALICE = 2;
const BOB = 3;
const ALICE_TOKEN_2 = 4;
const ALICE_DONE = 5;

const account = (keyHash: bigint, token: number, balance: bigint, nonce = 0): Account => ({
  keyHash,
  token,
  nonce,
  balance,
});

function startState(): State {
  return State.restore(8, [
    [OPERATOR, account(operator.keyHash, 1, 0n)],
    [ALICE, account(alice.keyHash, 1, 1000n)],
    [BOB, account(bob.keyHash, 1, 10n)],
    [ALICE_TOKEN_2, account(alice.keyHash, 2, 500n)],
    [ALICE_DONE, account(alice.keyHash, 3, 500n, NONCE_LIMIT)],
  ]);
}

function start(change: Partial<BatchContext> = {}, shape = SHAPE, state = startState()) {
  const context = { domain: DOMAIN, number: 1, feeAccounts: new Map([[1, OPERATOR]]), ...change };
  return { state, draft: new BatchDraft(state, shape, context) };
}

const payment = { from: ALICE, token: 1, amount: 100n, feeCode: 0, nonce: 0 };
const transfer = (change: Partial<Extract<L2Op, { type: 'transfer' }>> = {}): L2Op => ({
  type: 'transfer',
  ...payment,
  to: BOB,
  ...change,
});
const signed = (op: L2Op, by = alice): SignedOp => signOp(op, by.key, by.owner, DOMAIN);
const deposit = (keyHash: bigint, token = 1, amount = 5n): L1Op => ({
  type: 'deposit',
  depositor: 77n,
  token,
  amount,
  keyHash,
});
const exit = (index: number, by = alice): L1Op => ({
  type: 'forcedExit',
  owner: by.owner,
  index,
  publicKey: by.key.publicKey,
});

describe('ops from L1', () => {
  test('a deposit tops up the account of its key and token, or creates it', () => {
    const { state, draft } = start();
    for (const op of [deposit(alice.keyHash), deposit(carol.keyHash), deposit(carol.keyHash)])
      expect(draft.addL1(op)).toBe('added');
    const { l1Results } = draft.seal(SHAPE, 0);
    expect(l1Results).toEqual([
      { outcome: 'topUp', index: ALICE, token: 0, amount: 0n },
      { outcome: 'created', index: 6, token: 0, amount: 0n },
      { outcome: 'topUp', index: 6, token: 0, amount: 0n },
    ]);
    expect(state.get(ALICE)?.balance).toBe(1005n);
    expect(state.get(6)).toEqual(account(carol.keyHash, 1, 10n));
    expect(state.accountCount).toBe(7);
    expect(state.find(carol.keyHash, 1)).toBe(6);
  });

  test('a deposit that finds the tree full is paid back and takes no slot', () => {
    const full = State.restore(
      8,
      Array.from({ length: 255 }, (_, i) => [i + 1, account(BigInt(i + 1), 1, 1n)]),
    );
    const { draft, state } = start({ feeAccounts: new Map() }, SHAPE, full);
    draft.addL1(deposit(alice.keyHash, 4, 9n));
    draft.addL1(deposit(1n));
    expect(draft.counts).toEqual({ l1: 2, l2: 0, accounts: 1 });
    const batch = draft.seal(SHAPE, 0);
    expect(batch.l1Results).toEqual([
      { outcome: 'refused', index: 0, token: 4, amount: 9n },
      { outcome: 'topUp', index: 1, token: 0, amount: 0n },
    ]);
    expect(batch.payouts).toEqual([{ owner: 77n, token: 4, amount: 9n }]);
    expect(state.accountCount).toBe(256);
  });

  test('a forced exit pays the whole balance out and keeps the nonce', () => {
    const { state, draft } = start();
    draft.addL1(exit(ALICE_DONE));
    const batch = draft.seal(SHAPE, 0);
    expect(batch.l1Results).toEqual([{ outcome: 'exited', index: ALICE_DONE, token: 3, amount: 500n }]);
    expect(batch.payouts).toEqual([{ owner: alice.owner, token: 3, amount: 500n }]);
    expect(state.get(ALICE_DONE)).toEqual(account(alice.keyHash, 3, 0n, NONCE_LIMIT));
  });

  test.each([
    ["another's account", BOB],
    ['an account that does not exist', 200],
    ['index 0', 0],
  ])('a forced exit of %s does nothing but takes a slot', (_, index) => {
    const { state, draft } = start();
    const root = state.root;
    draft.addL1(exit(index));
    expect(draft.counts.accounts).toBe(1);
    const batch = draft.seal(SHAPE, 0);
    expect(batch.l1Results).toEqual([{ outcome: 'noop', index: 0, token: 0, amount: 0n }]);
    expect(batch.witness.slotIndex).toContain(String(index));
    expect(batch.changes).toEqual([]);
    expect(state.root).toBe(root);
  });

  test('a forced exit needs the right key as well as the right owner', () => {
    const { draft } = start();
    draft.addL1({ type: 'forcedExit', owner: alice.owner, index: ALICE, publicKey: bob.key.publicKey });
    draft.addL1({ type: 'forcedExit', owner: bob.owner, index: ALICE, publicKey: alice.key.publicKey });
    expect(draft.seal(SHAPE, 0).l1Results.map(({ outcome }) => outcome)).toEqual(['noop', 'noop']);
  });

  test('an index outside of the tree is refused: the contract does not queue it', () => {
    expect(() => start().draft.addL1(exit(256))).toThrow(expect.objectContaining({ code: 'bad-field' }));
  });

  test('L1 ops come before signed ops', () => {
    const { draft } = start();
    draft.addL2(signed(transfer()));
    expect(() => draft.addL1(deposit(5n))).toThrow(expect.objectContaining({ code: 'l1-after-l2' }));
  });
});

describe('signed ops', () => {
  test('a transfer moves the amount, raises the nonce and credits the fee at the end', () => {
    const { state, draft } = start();
    draft.addL2(signed(transfer({ feeCode: encodeFee(7n) })));
    expect(draft.account(OPERATOR)?.balance).toBe(0n);
    draft.seal(SHAPE, 0);
    expect(state.get(ALICE)).toEqual(account(alice.keyHash, 1, 893n, 1));
    expect(state.get(BOB)?.balance).toBe(110n);
    expect(state.get(OPERATOR)?.balance).toBe(7n);
  });

  test('a transfer to oneself costs the fee alone', () => {
    const { state, draft } = start();
    draft.addL2(signed(transfer({ to: ALICE, amount: 990n, feeCode: 10 })));
    draft.seal(SHAPE, 0);
    expect(state.get(ALICE)).toEqual(account(alice.keyHash, 1, 990n, 1));
  });

  test('a new account can be paid, pay and be topped up within one batch', () => {
    const { state, draft } = start();
    draft.addL2(signed({ type: 'transferToNew', ...payment, toKeyHash: carol.keyHash }));
    draft.addL2(signed(transfer({ from: 6, amount: 30n, to: ALICE }), carol));
    draft.addL2(signed(transfer({ nonce: 1, amount: 1n, to: 6 })));
    draft.seal(SHAPE, 0);
    expect(state.get(6)).toEqual(account(carol.keyHash, 1, 71n, 1));
    expect(state.get(ALICE)).toEqual(account(alice.keyHash, 1, 929n, 2));
    expect(state.accountCount).toBe(7);
  });

  test('a withdraw pays out to the L1 owner', () => {
    const { state, draft } = start();
    draft.addL2(signed({ type: 'withdraw', ...payment }));
    const batch = draft.seal(SHAPE, 0);
    expect(batch.payouts).toEqual([{ owner: alice.owner, token: 1, amount: 100n }]);
    expect(state.get(ALICE)?.balance).toBe(900n);
  });

  test('the last nonce that can be signed is 2^40 - 2', () => {
    const state = State.restore(8, [[1, account(alice.keyHash, 1, 5n, NONCE_LIMIT - 1)]]);
    const { draft } = start({}, SHAPE, state);
    const op = transfer({ from: 1, to: 1, amount: 0n, nonce: NONCE_LIMIT - 1 });
    expect(draft.addL2(signed(op))).toBe('added');
    expect(() => draft.addL2(signed({ ...op, nonce: NONCE_LIMIT }))).toThrow(
      expect.objectContaining({ code: 'nonce-exhausted' }),
    );
  });

  test('a fee account may be created by the same batch', () => {
    const { state, draft } = start({ feeAccounts: new Map([[2, 6]]) });
    draft.addL1(deposit(operator.keyHash, 2, 1n));
    draft.addL2(signed(transfer({ from: ALICE_TOKEN_2, token: 2, to: ALICE_TOKEN_2, feeCode: 5 })));
    draft.seal(SHAPE, 0);
    expect(state.get(6)?.balance).toBe(6n);
  });

  test('fees cannot be spent within the batch', () => {
    const { draft } = start();
    draft.addL2(signed(transfer({ feeCode: 7 })));
    const op = transfer({ from: OPERATOR, to: BOB, amount: 1n });
    expect(() => draft.addL2(signed(op, operator))).toThrow(
      expect.objectContaining({ code: 'insufficient-balance' }),
    );
  });
});

describe('an op that is refused leaves the draft as it was', () => {
  const forged = signed(transfer());
  const cases: [string, string, SignedOp, Record<string, unknown>?][] = [
    ['unknown payer', 'unknown-account', signed(transfer({ from: 200 })), { account: 200, field: 'from' }],
    ['unknown payee', 'unknown-account', signed(transfer({ to: 200 })), { account: 200, field: 'to' }],
    ["another's account", 'key-mismatch', signed(transfer({ from: BOB }), alice), { account: BOB }],
    ["another's owner", 'key-mismatch', signOp(transfer(), alice.key, bob.owner, DOMAIN), { account: ALICE }],
    [
      'wrong token of the payer',
      'token-mismatch',
      signed(transfer({ token: 2 })),
      { expected: '1', found: '2' },
    ],
    [
      'wrong token of the payee',
      'token-mismatch',
      signed(transfer({ to: ALICE_TOKEN_2 })),
      { account: ALICE_TOKEN_2 },
    ],
    [
      'early nonce',
      'bad-nonce',
      signed(transfer({ nonce: 1 })),
      { account: ALICE, expected: '0', found: '1' },
    ],
    [
      'last nonce',
      'nonce-exhausted',
      signed(transfer({ from: ALICE_DONE, token: 3, to: ALICE_DONE, nonce: NONCE_LIMIT })),
    ],
    ['overdraft', 'insufficient-balance', signed(transfer({ amount: 1001n })), { found: '1001' }],
    [
      'overdraft by the fee',
      'insufficient-balance',
      signed(transfer({ amount: 1000n, feeCode: 1 })),
      { found: '1001' },
    ],
    ['overdraft to oneself', 'insufficient-balance', signed(transfer({ to: ALICE, amount: 1001n }))],
    ['forged amount', 'bad-signature', { ...forged, op: transfer({ amount: 101n }) }, { account: ALICE }],
    ['another rollup', 'bad-signature', signOp(transfer(), alice.key, alice.owner, DOMAIN + 1n)],
    [
      'known receiver',
      'account-exists',
      signed({ type: 'transferToNew', ...payment, toKeyHash: bob.keyHash }),
      { account: BOB },
    ],
    [
      'fee without account',
      'no-fee-account',
      signed(transfer({ from: ALICE_TOKEN_2, token: 2, to: ALICE_TOKEN_2, feeCode: 1 })),
    ],
    [
      'field out of range',
      'bad-field',
      { ...forged, op: transfer({ amount: 2n ** 64n }) },
      { field: 'amount' },
    ],
    ['owner of 161 bits', 'bad-field', { ...forged, owner: 2n ** 160n }, { field: 'owner' }],
  ];

  test.each(cases)('%s: %s', (_, code, op, details = {}) => {
    const { state, draft } = start();
    const plain = start();
    for (const each of [draft, plain.draft]) each.addL1(deposit(bob.keyHash));
    const before = draft.counts;
    expect(() => draft.addL2(op)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining(details) }),
    );
    expect(draft.counts).toEqual(before);
    expect(draft.seal(SHAPE, 0)).toEqual(plain.draft.seal(SHAPE, 0));
    expect(state.root).toBe(plain.state.root);
  });

  test('a tree without room', () => {
    const full = State.restore(
      8,
      Array.from({ length: 255 }, (_, i) => [i + 1, account(i === 0 ? alice.keyHash : BigInt(i), 1, 500n)]),
    );
    const { draft } = start({}, SHAPE, full);
    const op = signed({ type: 'transferToNew', ...payment, from: 1, toKeyHash: carol.keyHash });
    expect(() => draft.addL2(op)).toThrow(expect.objectContaining({ code: 'tree-full' }));
    expect(draft.counts.accounts).toBe(0);
  });

  test('signatures that were verified before are not verified again', () => {
    const { draft } = start({ signaturesVerified: true });
    expect(draft.addL2({ ...forged, op: transfer({ amount: 101n }) })).toBe('added');
  });
});

describe('room', () => {
  test('places for L1 ops and signed ops', () => {
    const { draft } = start({}, { ...SHAPE, n1: 1, n2: 1 });
    expect([draft.addL1(deposit(alice.keyHash)), draft.addL1(deposit(alice.keyHash))]).toEqual([
      'added',
      'full',
    ]);
    expect([draft.addL2(signed(transfer())), draft.addL2(signed(transfer({ nonce: 1 })))]).toEqual([
      'added',
      'full',
    ]);
  });

  test('account slots, with those of fee accounts', () => {
    const { draft } = start({}, { ...SHAPE, m: 2 });
    expect(draft.addL2(signed(transfer({ feeCode: 1 })))).toBe('full');
    expect(draft.counts).toEqual({ l1: 0, l2: 0, accounts: 0 });
    expect(draft.addL2(signed(transfer({ feeCode: 0 })))).toBe('added');
    expect(
      draft.addL2(signed({ type: 'transferToNew', ...payment, nonce: 1, toKeyHash: carol.keyHash })),
    ).toBe('full');
    expect(draft.addL2(signed(transfer({ nonce: 1, to: ALICE })))).toBe('added');
    expect(draft.account(ALICE)).toEqual(account(alice.keyHash, 1, 900n, 2));
  });

  test('slots for L1 ops', () => {
    const { draft } = start({}, { ...SHAPE, m: 1 });
    expect(draft.addL1(exit(0))).toBe('added');
    expect([draft.addL1(exit(ALICE)), draft.addL1(deposit(alice.keyHash)), draft.addL1(deposit(5n))]).toEqual(
      ['full', 'full', 'full'],
    );
    expect(draft.addL1(exit(0))).toBe('added');
  });

  test('four fee tokens', () => {
    const state = State.restore(
      8,
      [1, 2, 3, 4, 5].flatMap((token) => [
        [token, account(operator.keyHash, token, 0n)],
        [token + 5, account(alice.keyHash, token, 100n)],
      ]) as [number, Account][],
    );
    const feeAccounts = new Map([1, 2, 3, 4, 5].map((token) => [token, token]));
    const { draft } = start({ feeAccounts }, { ...SHAPE, n2: 8, m: 20 }, state);
    const pay = (token: number, feeCode: number, nonce = 0) =>
      draft.addL2(signed(transfer({ from: token + 5, to: token + 5, token, amount: 0n, feeCode, nonce })));
    expect([5, 4, 3, 2].map((token) => pay(token, 1))).toEqual(['added', 'added', 'added', 'added']);
    expect(pay(1, 1)).toBe('full');
    expect(pay(1, 0)).toBe('added');
    expect(pay(4, 9, 1)).toBe('added');
    expect(draft.seal({ ...SHAPE, n2: 8, m: 20 }, 0).witness.feeIndex).toEqual(['5', '4', '3', '2']);
    expect(state.get(4)?.balance).toBe(10n);
  });
});

describe('sealing', () => {
  test('an empty batch changes nothing and opens the smallest indexes', () => {
    const { state, draft } = start();
    const root = state.root;
    const batch = draft.seal(SHAPE, 0);
    expect(batch.newRoot).toBe(root);
    expect(batch.witness.slotIndex).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(batch.data.length).toBe(22);
  });

  test('unused slots are filled around the touched accounts', () => {
    const { draft } = start();
    draft.addL2(signed(transfer()));
    expect(draft.seal(SHAPE, 0).witness.slotIndex).toEqual(['0', '1', '2', '3', '4', '5']);
    const { draft: high } = start();
    high.addL1(exit(200));
    expect(high.seal(SHAPE, 0).witness.slotIndex).toEqual(['0', '1', '2', '3', '4', '200']);
  });

  test('it may take any shape that has the room, once', () => {
    const { draft, state } = start();
    draft.addL2(signed(transfer()));
    expect(draft.fits({ ...SHAPE, n2: 1, n1: 0, m: 2 })).toBe(true);
    for (const small of [{ n2: 0 }, { m: 1 }, { depth: 24 }]) {
      expect(draft.fits({ ...SHAPE, ...small })).toBe(false);
      expect(() => draft.seal({ ...SHAPE, ...small }, 0)).toThrow(
        expect.objectContaining({ code: 'does-not-fit' }),
      );
    }
    expect(state.get(ALICE)?.balance).toBe(1000n);
    draft.seal({ ...SHAPE, n2: 1, n1: 0, m: 2 }, 0);
    expect(() => draft.seal(SHAPE, 0)).toThrow(expect.objectContaining({ code: 'already-sealed' }));
  });

  test('a draft of a state that has changed since is refused', () => {
    const { draft, state } = start();
    const other = start({}, SHAPE, state);
    other.draft.addL2(signed(transfer()));
    const batch = other.draft.seal(SHAPE, 0);
    expect(() => draft.seal(SHAPE, 0)).toThrow(expect.objectContaining({ code: 'stale-draft' }));
    const between = start({}, SHAPE, state);
    state.undo(batch);
    expect(() => between.draft.seal(SHAPE, 0)).toThrow(expect.objectContaining({ code: 'stale-draft' }));
  });

  test('a shape of another depth is refused', () => {
    expect(() => start({}, { ...SHAPE, depth: 24 })).toThrow(
      expect.objectContaining({ code: 'wrong-depth' }),
    );
  });

  test('the state keeps nothing of a draft that is not sealed', () => {
    const { state, draft } = start();
    const root = state.root;
    draft.addL1(deposit(carol.keyHash));
    draft.addL2(signed(transfer({ feeCode: 3 })));
    expect(state.root).toBe(root);
    expect(state.find(carol.keyHash, 1)).toBeUndefined();
    expect(state.snapshot()).toEqual(startState().snapshot());
  });
});
