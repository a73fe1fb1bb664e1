import { beforeAll, describe, expect, test } from 'vitest';
import { type ExitWitness, exitOf, exitSignals } from '../../protocol/exit.ts';
import { FIELD, reduce } from '../../protocol/field.ts';
import { State } from '../../protocol/state.ts';
import { exitCircuit } from '../../prover/artifacts/exit-circuit.ts';
import type { TemplateLine } from '../../prover/witness-wasm.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { changedExit, type ExitDraft } from '../support/exit-state.ts';
import { freeSignals } from '../support/free-signals.ts';
import { R1csSolver } from '../support/r1cs-solver.ts';
import { alice, bob, operator } from '../support/tiny-batch.ts';
import { expectExits } from './exits.ts';
import { unsimplified } from './freedom.ts';

const DEPTH = 8;
const ALICE = 6;

/** Accounts 1 to 9 in three bottom nodes; Alice's is number 6, Bob's are beside it. */
const state = State.restore(
  DEPTH,
  [operator, bob, alice, bob, bob, alice, bob, operator, bob].map(({ keyHash }, i) => [
    i + 1,
    { keyHash, token: 2, nonce: 7, balance: 1000n + BigInt(i) },
  ]),
);
const { witness, statement } = exitOf(state, ALICE, alice.key.publicKey, alice.owner);

let circuit: CompiledCircuit;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(exitCircuit(DEPTH));
});

describe('what the model says of an account, the circuit proves', () => {
  test.each([8, 24])('depth %i', async (depth) => {
    await expectExits(depth, 6);
  });
});

describe('the model', () => {
  test('refuses an account that does not exist, and a key or an owner that is not its own', () => {
    const { publicKey } = alice.key;
    expect(() => exitOf(state, 10, publicKey, alice.owner)).toThrow(
      expect.objectContaining({ kind: 'refused', code: 'unknown-account' }),
    );
    expect(() => exitOf(state, ALICE, bob.key.publicKey, alice.owner)).toThrow(
      expect.objectContaining({ kind: 'refused', code: 'key-mismatch' }),
    );
    expect(() => exitOf(state, ALICE, publicKey, bob.owner)).toThrow(
      expect.objectContaining({ code: 'key-mismatch' }),
    );
  });

  test('packs owner, token and balance', () => {
    const packed = alice.owner + 2n * 2n ** 160n + 1005n * 2n ** 176n;
    expect(exitSignals(statement)).toEqual([state.root, 6n, packed]);
    expect(() => exitSignals({ ...statement, balance: 1n << 64n })).toThrow(
      expect.objectContaining({ code: 'bad-field' }),
    );
  });
});

test('no signal can be anything else while all others stay', async () => {
  expect(await freeSignals(circuit, await circuit.r1cs(), await circuit.witness(witness))).toEqual([]);
});

test('the inputs fix every signal, without a hint', async () => {
  const plain = await CompiledCircuit.open(unsimplified(exitCircuit(DEPTH)));
  const solver = new R1csSolver(await plain.r1cs());
  const solution = solver.solve(await plain.inputWires(witness));
  const honest = await plain.witness(witness);
  expect(solution).toMatchObject({ kind: 'found', open: [] });
  if (solution.kind === 'found') expect(solution.values).toEqual(honest);
});

const plus = (value: string, change: bigint): string => String(reduce(BigInt(value) + change));
const TOKEN = 1n << 160n;
const BALANCE = 1n << 176n;

/** Templates in which the witness program may find the lie out, and the lie. */
const LIES: readonly (readonly [what: string, template: string, change: (w: ExitDraft) => void])[] = [
  ['another state', 'Exit', (w) => (w.root = plus(w.root, 1n))],
  ['another number of accounts', 'Exit', (w) => (w.accountCount = plus(w.accountCount, 1n))],
  ['the account beside it', 'PathRoot', (w) => (w.index = '7')],
  ['another place of the next node', 'PathNode', (w) => (w.index = '2')],
  ['another place at the top', 'PathNode', (w) => (w.index = '38')],
  ['an index with a bit more', 'Num2Bits', (w) => (w.index = String(ALICE + 256))],
  ['an index of r and more', 'Num2Bits', (w) => (w.index = plus(w.index, FIELD - 256n))],
  ['more money', 'PathRoot', (w) => change(w, { balance: 1n })],
  ['another token', 'PathRoot', (w) => change(w, { token: 1n })],
  ['another owner', 'PathRoot', (w) => change(w, { owner: 1n })],
  ['another key', 'PathRoot', (w) => (w.ax = plus(w.ax, 1n))],
  ['another nonce', 'PathRoot', (w) => (w.nonce = plus(w.nonce, 1n))],
  ['a holding that is not the account’s', 'Exit', (w) => (w.holding = plus(w.holding, BALANCE))],
  ['a holding with a bit above', 'Exit', (w) => (w.holding = plus(w.holding, 1n << 240n))],
  ['money out of the nonce', 'Num2Bits', (w) => change(w, { balance: 1n, nonce: -(1n << 40n) })],
  ['a nonce out of the money', 'Num2Bits', (w) => change(w, { balance: -1n, nonce: 1n << 40n })],
  ['a token out of the nonce', 'Num2Bits', (w) => change(w, { token: 1n << 16n, nonce: -1n })],
  ['a balance that is negative', 'Num2Bits', (w) => change(w, { balance: -1006n, nonce: 1006n << 40n })],
  [
    'an owner with a bit of the token',
    'Num2Bits',
    (w) => {
      w.owner = plus(w.owner, TOKEN);
      w.token = plus(w.token, -1n);
    },
  ],
  [
    'a token with a bit of the balance',
    'Num2Bits',
    (w) => {
      w.token = plus(w.token, 1n << 16n);
      w.balance = plus(w.balance, -1n);
    },
  ],
  ['more money, in the node as well', 'PathNode', (w) => enrich(w)],
  [
    'more money, in the node and its parent',
    'PathNode',
    (w) => {
      enrich(w);
      w.children[1] = plus(w.children[1]!, 1n);
    },
  ],
  ['another neighbour', 'PathNode', (w) => (w.bottom[0] = '1')],
  ['another child of a node above', 'PathNode', (w) => (w.children[0] = '1')],
  ['another child of the top', 'Exit', (w) => (w.children[15] = '1')],
  [
    'a place without an account',
    'PathRoot',
    (w) => {
      w.index = '10';
      Object.assign(w, path(10));
    },
  ],
];

/** Changes account and holding alike. */
function change(w: ExitDraft, by: Partial<Record<'owner' | 'token' | 'balance' | 'nonce', bigint>>): void {
  for (const [name, value] of Object.entries(by))
    w[name as keyof typeof by] = plus(w[name as keyof typeof by], value);
  const { owner = 0n, token = 0n, balance = 0n } = by;
  w.holding = plus(w.holding, owner + token * TOKEN + balance * BALANCE);
}

/** Gives the account a unit more, and its own place in the bottom node too. */
function enrich(w: ExitDraft): void {
  change(w, { balance: 1n });
  const word = 2 * (ALICE % 4) + 1;
  w.bottom[word] = plus(w.bottom[word]!, 1n << 56n);
}

function path(index: number): Pick<ExitDraft, 'bottom' | 'children'> {
  const { bottom, children } = state.path(index);
  return { bottom: bottom.map(String), children: children.map(String) };
}

describe('a lie in the inputs is refused', () => {
  test.each(LIES)('%s, by %s', async (_what, template, lie) => {
    const templates = await refusal(changedExit(witness, lie));
    expect(templates).toContain(template);
  });

  test('nothing satisfies the constraints with them, whatever the rest of the witness is', async () => {
    const plain = await CompiledCircuit.open(unsimplified(exitCircuit(DEPTH)));
    const solver = new R1csSolver(await plain.r1cs());
    for (const [what, , lie] of LIES) {
      const { kind } = solver.solve(await plain.inputWires(changedExit(witness, lie)));
      expect([what, kind]).toEqual([what, 'none']);
    }
  });
});

async function refusal(input: ExitWitness): Promise<string[]> {
  try {
    await circuit.witness(input);
  } catch (error) {
    const { code, details } = error as { code: string; details: { stack: TemplateLine[] } };
    expect(code).toBe('witness-failed');
    return details.stack.map(({ template }) => template);
  }
  throw new Error('the circuit accepts this input');
}
