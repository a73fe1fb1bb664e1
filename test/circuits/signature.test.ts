import { buildEddsa, type Eddsa } from 'circomlibjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  addPoints,
  BASE,
  IDENTITY,
  multiply,
  type Point,
  SUBGROUP_ORDER,
} from '../../protocol/babyjubjub.ts';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD } from '../../protocol/field.ts';
import { verifySignature } from '../../protocol/keys.ts';
import { poseidon } from '../../protocol/poseidon.ts';
import { gadget } from '../../prover/artifacts/gadget-circuit.ts';
import { Random } from '../../scripts/random.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';

/** A point of order 8: it and its multiples are all that vanish when they are multiplied by 8. */
const TORSION: Point = [
  17545522957889784193459637215142187266023652151580582754000402781682644312291n,
  4826523245007015323400664741523384119579596407052839571721035538011798951543n,
];
const MINUS_BASE: Point = [FIELD - BASE[0], BASE[1]];

interface Signed {
  readonly key: Point;
  readonly r8: Point;
  readonly s: bigint;
  readonly message: bigint;
}

/** A signature by who knows `secret`, with key and R8 moved by points of small order: S B8 = nonce B8 + h 8 secret B8. */
function signed({
  secret = 12345n,
  nonce = 678n,
  message = 99n,
  keyShift = IDENTITY,
  r8Shift = IDENTITY,
}: Partial<Record<'secret' | 'nonce' | 'message', bigint> & Record<'keyShift' | 'r8Shift', Point>>): Signed {
  const key = addPoints(multiply(BASE, secret), keyShift);
  const r8 = addPoints(multiply(BASE, nonce), r8Shift);
  const h = poseidon([r8[0], r8[1], key[0], key[1], message]);
  return { key, r8, s: (nonce + h * 8n * secret) % SUBGROUP_ORDER, message };
}

let circuit: CompiledCircuit;
let eddsa: Eddsa;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(gadget('signature', 'signature.circom', 'Signature()'));
  eddsa = await buildEddsa();
});

async function circuitAccepts({ key, r8, s, message }: Signed, enabled = 1n): Promise<boolean> {
  const input = { enabled, ax: key[0], ay: key[1], r8x: r8[0], r8y: r8[1], s, message };
  try {
    await circuit.witness(Object.fromEntries(Object.entries(input).map(([k, v]) => [k, String(v)])));
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'witness-failed') return false;
    throw error;
  }
}

function circomlibAccepts({ key, r8, s, message }: Signed): boolean {
  const point = ([x, y]: Point): [Uint8Array, Uint8Array] => [eddsa.F.e(x), eddsa.F.e(y)];
  return eddsa.verifyPoseidon(eddsa.F.e(message), { R8: point(r8), S: s }, point(key));
}

const valid = signed({});

describe('the circuit, the model and circomlibjs agree', () => {
  const random = new Random(5);
  test.each<[what: string, signature: Signed, accepted: boolean]>([
    ...Array.from({ length: 8 }, (_, i): [string, Signed, boolean] => [
      `random signature ${i}`,
      signed({ secret: random.bits(250), nonce: random.bits(250), message: random.bits(253) }),
      true,
    ]),
    ['message 0', signed({ message: 0n }), true],
    ['message r - 1', signed({ message: FIELD - 1n }), true],
    ['the base point as key', signed({ secret: 1n }), true],
    ['its opposite as key', signed({ secret: SUBGROUP_ORDER - 1n }), true],
    ['R8 the identity', signed({ nonce: 0n }), true],
    ['R8 = A', signed({ secret: 7n, nonce: 7n }), true],
    ['S = 0', { ...valid, r8: IDENTITY, s: 0n }, false],
    ['a key outside the subgroup', signed({ keyShift: TORSION }), true],
    ['a key shifted by (0, -1)', signed({ keyShift: multiply(TORSION, 4n) }), true],
    ['R8 outside the subgroup', signed({ r8Shift: TORSION }), false],
    ['R8 shifted by (0, -1)', signed({ r8Shift: multiply(TORSION, 4n) }), false],
    ['another message', { ...valid, message: 98n }, false],
    ['another key', { ...valid, key: MINUS_BASE }, false],
    ['another R8', { ...valid, r8: BASE }, false],
    ['S + 1', { ...valid, s: valid.s + 1n }, false],
    ['S + order', { ...valid, s: valid.s + SUBGROUP_ORDER }, false],
    ['a key off the curve', { ...valid, key: [1n, 2n] }, false],
    ['R8 off the curve', { ...valid, r8: [1n, 2n] }, false],
  ])('%s', async (_, signature, accepted) => {
    expect(await circuitAccepts(signature)).toBe(accepted);
    expect(verifySignature(signature.key, signature, signature.message)).toBe(accepted);
    expect(circomlibAccepts(signature)).toBe(accepted);
  });
});

// Such a key needs no secret: S B8 = R8 is all that is left to satisfy. circomlibjs takes it.
test.each([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n])('key %i T of small order is refused', async (multiple) => {
  const forged = signed({ secret: 0n, nonce: 5n, keyShift: multiply(TORSION, multiple) });
  expect(circomlibAccepts(forged)).toBe(true);
  expect(verifySignature(forged.key, forged, forged.message)).toBe(false);
  expect(await circuitAccepts(forged)).toBe(false);
});

test('where it is switched off, zeros hold', async () => {
  const nothing: Signed = { key: [0n, 0n], r8: [0n, 0n], s: 0n, message: 5n };
  expect(await circuitAccepts(nothing, 0n)).toBe(true);
  expect(await circuitAccepts(nothing, 1n)).toBe(false);
});
