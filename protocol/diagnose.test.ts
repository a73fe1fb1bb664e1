import { describe, expect, test } from 'vitest';
import { holder, RandomRollup, type Start } from '../test/support/random-batch.ts';
import type { Account } from './account.ts';
import { SUBGROUP_ORDER } from './babyjubjub.ts';
import { diagnoseWitness } from './diagnose.ts';
import { FIELD } from './field.ts';
import { signOp } from './ops.ts';
import { SHAPES, type Shape } from './shape.ts';
import { State } from './state.ts';
import { BatchDraft } from './transition.ts';
import type { BatchWitness } from './witness.ts';

const SHAPE: Shape = { name: 'test', n2: 5, n1: 5, m: 8, depth: 8 };

describe('what the model makes keeps every rule', () => {
  test.each<[Start, Shape]>([
    ['fresh', SHAPE],
    ['populated', SHAPE],
    ['crowded', SHAPE],
    ['populated', SHAPES.tiny],
    ['populated', { ...SHAPE, depth: 24 }],
    ['populated', { ...SHAPE, depth: 32 }],
  ])('random batches (%s, %o)', (start, shape) => {
    const rollup = new RandomRollup(17, shape.depth, start);
    for (let i = 0; i < 4; i++) {
      const { batch } = rollup.nextBatch(shape);
      expect(diagnoseWitness(JSON.parse(JSON.stringify(batch.witness)), shape)).toBeUndefined();
    }
  });
});

const [operator, alice, bob] = [holder(0), holder(1), holder(2)];

/** Slots 1 .. 7 in this order, with slot 0 for index 0; account 7 is created by the last L1 op, 8 by the last signed op. */
function batchWitness(): BatchWitness {
  const account = (keyHash: bigint, token: number, balance: bigint): Account => ({
    keyHash,
    token,
    nonce: 0,
    balance,
  });
  const state = State.restore(8, [
    [1, account(operator.keyHash, 1, 0n)],
    [2, account(alice.keyHash, 1, 1000n)],
    [3, account(bob.keyHash, 1, 10n)],
    [4, account(alice.keyHash, 2, 500n)],
    [5, account(bob.keyHash, 2, 500n)],
    [6, account(5n, 1, 0n)],
  ]);
  const draft = new BatchDraft(state, SHAPE, { domain: 99n, number: 1, feeAccounts: new Map([[1, 1]]) });
  const exit = { type: 'forcedExit', owner: bob.owner, publicKey: bob.key.publicKey } as const;
  const deposit = { type: 'deposit', depositor: 7n, token: 1, amount: 30n } as const;
  draft.addL1({ ...exit, index: 5 });
  draft.addL1({ ...exit, index: 2 });
  draft.addL1({ ...deposit, keyHash: bob.keyHash });
  draft.addL1({ ...deposit, keyHash: 123n });
  const payment = { from: 2, token: 1, amount: 100n, feeCode: 5, nonce: 0 };
  const { key, owner } = alice;
  draft.addL2(signOp({ type: 'transfer', ...payment, to: 3 }, key, owner, 99n));
  draft.addL2(signOp({ type: 'withdraw', ...payment, nonce: 1 }, key, owner, 99n));
  draft.addL2(
    signOp({ type: 'transferToNew', ...payment, nonce: 2, toKeyHash: FIELD - 2n }, key, owner, 99n),
  );
  draft.addL2(
    signOp({ type: 'transfer', ...payment, from: 4, token: 2, feeCode: 0, to: 4 }, key, owner, 99n),
  );
  return draft.seal(SHAPE, 0).witness;
}

type Json = Record<string, unknown>;
const good = batchWitness();

/** The witness with one signal, addressed as in a diagnosis, replaced. */
function replaced(signal: string, value: unknown): Json {
  const json = structuredClone(good) as unknown as Json;
  const [name = '', ...indexes] = signal.split(/[[\]]+/).filter((part) => part !== '');
  const last = indexes.pop();
  let target: Json = json;
  for (const key of last === undefined ? [] : [name, ...indexes]) target = target[key] as Json;
  target[last ?? name] = value;
  return json;
}

test('the witness that the tests below change is a good one', () => {
  expect(diagnoseWitness(good, SHAPE)).toBeUndefined();
  expect(good.slotIndex).toEqual(['0', '1', '2', '3', '4', '5', '7', '8']);
});

describe('input that is no witness of the shape', () => {
  test.each([undefined, null, 5, 'x', [], true])('%o', (input) => {
    expect(diagnoseWitness(input, SHAPE)?.rule).toBe('not-an-object');
  });

  test('a missing signal', () => {
    const { opS: _, ...rest } = good;
    expect(diagnoseWitness(rest, SHAPE)).toMatchObject({ rule: 'signal-missing', signal: 'opS' });
  });

  test('a signal too many', () => {
    expect(diagnoseWitness({ ...good, backdoor: '1' }, SHAPE)).toMatchObject({
      rule: 'signal-unknown',
      signal: 'backdoor',
    });
  });

  test.each<[string, unknown, string, string]>([
    ['opAx', ['1'], 'signal-length', 'opAx'],
    ['siblings[3]', Array(9).fill('0'), 'signal-length', 'siblings[3]'],
    ['bottom', [], 'signal-length', 'bottom'],
    ['C', FIELD.toString(), 'signal-value', 'C'],
    ['top[7]', (FIELD + 5n).toString(), 'signal-value', 'top[7]'],
    ['opS[1]', '-1', 'signal-value', 'opS[1]'],
    ['opS[1]', 1, 'signal-value', 'opS[1]'],
    ['opS[1]', '0x1', 'signal-value', 'opS[1]'],
    ['opS[1]', null, 'signal-value', 'opS[1]'],
    ['opS[1]', { toString: 1 }, 'signal-value', 'opS[1]'],
    ['opS', '1', 'signal-value', 'opS'],
    ['bottom[0][1]', '9'.repeat(1_000_000), 'signal-value', 'bottom[0][1]'],
  ])('%s = %o', (signal, value, rule, named) => {
    const diagnosis = diagnoseWitness(replaced(signal, value), SHAPE);
    expect(diagnosis).toMatchObject({ rule, signal: named });
    expect(JSON.stringify(diagnosis).length).toBeLessThan(1000);
  });
});

describe('one signal that is wrong', () => {
  const L1 = (index: number) => ({ layer: 'L1', index });
  const L2 = (index: number) => ({ layer: 'L2', index });
  test.each<[string, bigint, string, string, object?]>([
    ['domain', 98n, 'bad-signature', 'opS[0]', L2(0)],
    ['domain', 2n ** 248n, 'bad-field', 'domain'],
    ['batchNumber', 2n, 'data-hash', 'C'],
    ['oldRootLo', 1n, 'old-root', 'oldRootLo'],
    ['oldAccountCount', 8n, 'old-root', 'oldRootLo'],
    ['newRootLo', 1n, 'new-root', 'newRootLo'],
    ['newRootHi', 64n, 'bad-field', 'newRootHi'],
    ['C', 1n, 'data-hash', 'C'],
    ['y', 1n, 'data-value', 'y'],
    ['slotIndex[3]', 2n, 'slot-order', 'slotIndex[3]'],
    ['slotIndex[7]', 256n, 'slot-range', 'slotIndex[7]'],
    ['slotIndex[6]', 6n, 'slot-opening', 'bottom[6][4]'],
    ['slotIndex[7]', 9n, 'no-slot', 'opTo[2]', L2(2)],
    ['slotWord[2]', 2n ** 120n, 'slot-range', 'slotWord[2]'],
    ['slotWord[2]', 1n, 'slot-opening', 'bottom[2][5]'],
    ['slotKeyHash[2]', 1n, 'slot-opening', 'bottom[2][4]'],
    ['bottom[2][0]', 1n, 'slot-opening', 'siblings[2][0]'],
    ['siblings[2][5]', 1n, 'slot-opening', 'bottom[2]'],
    ['top[3]', 1n, 'old-root', 'oldRootLo'],
    ['l1E0[0]', 3n, 'bad-l1-op', 'l1E0[0]', L1(0)],
    ['l1E1[3]', 124n, 'slot-opening', 'bottom[7]'],
    ['l1Index[0]', 4n, 'l1-outcome', 'l1Index[0]', L1(0)],
    ['l1Index[1]', 0n, 'l1-outcome', 'l1Index[1]', L1(1)],
    ['l1Index[2]', 2n, 'l1-outcome', 'l1Index[2]', L1(2)],
    ['l1Index[2]', 0n, 'l1-outcome', 'l1Index[2]', L1(2)],
    ['l1Index[2]', 100n, 'no-slot', 'l1Index[2]', L1(2)],
    ['l1Index[3]', FIELD - 1n, 'creation', 'l1Index[3]', L1(3)],
    ['l1Create[2]', 1n, 'creation', 'l1Index[2]', L1(2)],
    ['l1Create[3]', 0n, 'l1-outcome', 'l1Index[3]', L1(3)],
    ['l1Create[3]', 2n, 'l1-outcome', 'l1Create[3]', L1(3)],
    ['l1Index[4]', 1n, 'l1-outcome', 'l1Index[4]', L1(4)],
    ['opType[0]', 3n, 'op-unused', 'opTo[0]', L2(0)],
    ['opType[0]', 4n, 'bad-field', 'opType[0]', L2(0)],
    ['opType[4]', 3n, 'unknown-account', 'opFrom[4]', L2(4)],
    ['opFrom[0]', 3n, 'key-mismatch', 'opAx[0]', L2(0)],
    ['opFrom[0]', 100n, 'no-slot', 'opFrom[0]', L2(0)],
    ['opFrom[4]', 1n, 'op-unused', 'opFrom[4]', L2(4)],
    ['opTo[0]', 4n, 'token-mismatch', 'opTo[0]', L2(0)],
    ['opTo[0]', 0n, 'unknown-account', 'opTo[0]', L2(0)],
    ['opTo[0]', 1n, 'bad-signature', 'opS[0]', L2(0)],
    ['opTo[2]', 9n, 'creation', 'opTo[2]', L2(2)],
    ['opAmount[0]', 2n ** 64n, 'bad-field', 'opAmount[0]', L2(0)],
    ['opAmount[1]', 896n, 'insufficient-balance', 'opAmount[1]', L2(1)],
    ['opFeeCode[1]', 6n, 'bad-signature', 'opS[1]', L2(1)],
    ['opKeyHashLo[0]', 1n, 'op-unused', 'opKeyHashLo[0]', L2(0)],
    ['opKeyHashLo[2]', 2n ** 248n - 1n, 'bad-field', 'opKeyHashLo[2]', L2(2)],
    ['opAx[0]', 1n, 'key-mismatch', 'opAx[0]', L2(0)],
    ['opOwner[0]', 1n, 'key-mismatch', 'opAx[0]', L2(0)],
    ['opR8x[1]', 1n, 'bad-signature', 'opS[1]', L2(1)],
    ['opS[3]', BigInt(good.opS[3]!) + SUBGROUP_ORDER, 'bad-signature', 'opS[3]', L2(3)],
    ['feeIndex[0]', 0n, 'no-fee-account', 'feeIndex'],
    ['feeIndex[0]', 4n, 'no-fee-account', 'feeIndex'],
    ['feeIndex[1]', 3n, 'fee-account', 'feeIndex[1]'],
    ['feeIndex[1]', 100n, 'no-slot', 'feeIndex[1]'],
    ['feeIndex[0]', 2n, 'slot-opening', 'bottom[2]'],
  ])('%s = %s: %s', (signal, value, rule, named, op) => {
    const diagnosis = diagnoseWitness(replaced(signal, value.toString()), SHAPE);
    expect(diagnosis).toMatchObject({ rule, signal: named, ...(op === undefined ? {} : { op }) });
    expect(diagnosis?.message).not.toBe('');
  });

  test('no single changed signal passes, but for those that nothing depends on', () => {
    const free = /^(opAx|opAy|opR8x|opR8y|opS)\[4\]$/;
    const passing: string[] = [];
    for (const [name, value] of Object.entries(good)) {
      if (name === 'siblings' || name === 'bottom') continue;
      const signals = Array.isArray(value) ? value.map((_, i) => `${name}[${i}]`) : [name];
      for (const [i, signal] of signals.entries()) {
        const old = BigInt(Array.isArray(value) ? value[i] : value);
        if (diagnoseWitness(replaced(signal, `${old + 1n}`), SHAPE) === undefined) passing.push(signal);
      }
    }
    expect(passing.filter((signal) => !free.test(signal))).toEqual([]);
  });
});
