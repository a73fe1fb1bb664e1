import { buildEddsa } from 'circomlibjs';
import { describe, expect, test } from 'vitest';
import { Random } from '../scripts/random.ts';
import { addPoints, BASE, IDENTITY, isOnCurve, multiply, type Point, SUBGROUP_ORDER } from './babyjubjub.ts';
import { FIELD } from './field.ts';
import { keyHash, keyPairFromPrivateKey, sign, verifySignature } from './keys.ts';
import { poseidon } from './poseidon.ts';

const random = new Random(1);
const randomKey = () => Uint8Array.from({ length: 32 }, () => random.below(256));
const negateX = ([x, y]: Point): Point => [FIELD - x, y];

/** A point of order 8: `SUBGROUP_ORDER` times the generator of the whole curve (EIP-2494). */
const ORDER_8 = multiply(
  [
    995203441582195749578291179787384436505546430278305826713579947235728471134n,
    5472060717959818805561601436314318772137091100104008585924551046643952123905n,
  ],
  SUBGROUP_ORDER,
);

describe('agreement with circomlibjs', async () => {
  const eddsa = await buildEddsa();
  const toPoint = (point: [Uint8Array, Uint8Array]) => point.map((x) => eddsa.F.toObject(x));

  test.each([0n, 1n, FIELD - 1n, random.bits(253), random.bits(253)])('message %s', (message) => {
    const key = keyPairFromPrivateKey(randomKey());
    const theirs = eddsa.signPoseidon(key.privateKey, eddsa.F.e(message));
    expect(key.publicKey).toEqual(toPoint(eddsa.prv2pub(key.privateKey)));
    const ours = sign(key, message);
    expect(ours).toEqual({ r8: toPoint(theirs.R8), s: theirs.S });
    expect(verifySignature(key.publicKey, ours, message)).toBe(true);
  });
});

describe('babyjubjub', () => {
  test('the base has the order of the subgroup', () => {
    expect(isOnCurve(BASE)).toBe(true);
    expect(multiply(BASE, SUBGROUP_ORDER)).toEqual(IDENTITY);
    expect(multiply(BASE, SUBGROUP_ORDER + 1n)).toEqual(BASE);
    expect(multiply(BASE, 0n)).toEqual(IDENTITY);
  });

  test('multiplication distributes over addition, also for points outside of the subgroup', () => {
    for (const point of [BASE, ORDER_8, addPoints(BASE, ORDER_8)]) {
      const [a, b] = [random.bits(253), random.bits(253)];
      expect(addPoints(multiply(point, a), multiply(point, b))).toEqual(multiply(point, a + b));
    }
    expect(multiply(ORDER_8, 4n)).toEqual([0n, FIELD - 1n]);
    expect(multiply(ORDER_8, 8n)).toEqual(IDENTITY);
  });
});

test.each([-1n, FIELD])('what is signed is a field element, not %d', (message) => {
  expect(() => sign(keyPairFromPrivateKey(randomKey()), message)).toThrow(
    expect.objectContaining({ kind: 'internal', code: 'bad-message' }),
  );
});

describe('verifySignature is strict', () => {
  const key = keyPairFromPrivateKey(randomKey());
  const message = 12345n;
  const { r8, s } = sign(key, message);
  const other = keyPairFromPrivateKey(randomKey());

  test.each([
    ['another message', key.publicKey, { r8, s }, message + 1n],
    ['another key', other.publicKey, { r8, s }, message],
    ['S + l', key.publicKey, { r8, s: s + SUBGROUP_ORDER }, message],
    ['S = l', key.publicKey, { r8, s: SUBGROUP_ORDER }, message],
    ['negative S', key.publicKey, { r8, s: s - SUBGROUP_ORDER }, message],
    ['non-canonical R8', key.publicKey, { r8: [r8[0] + FIELD, r8[1]] as Point, s }, message],
    ['non-canonical A', [key.publicKey[0], key.publicKey[1] + FIELD] as Point, { r8, s }, message],
    ['non-canonical message', key.publicKey, { r8, s }, message + FIELD],
    ['R8 off the curve', key.publicKey, { r8: [r8[0], r8[1] + 1n] as Point, s }, message],
    ['A off the curve', [1n, 2n] as Point, { r8, s }, message],
    ['negated A', negateX(key.publicKey), { r8, s }, message],
    ['R8 outside of the subgroup', key.publicKey, { r8: addPoints(r8, ORDER_8), s }, message],
  ])('refuses %s', (_, publicKey, signature, signed) => {
    expect(verifySignature(publicKey, signature, signed)).toBe(false);
  });

  test('refuses keys of small order, for which R8 = S * B would do for every message', () => {
    for (let i = 0n; i < 8n; i++) {
      expect(verifySignature(multiply(ORDER_8, i), { r8: multiply(BASE, 7n), s: 7n }, message)).toBe(false);
    }
  });

  test('takes a key with a component of small order: only 8A counts, as in the circuit', () => {
    const shifted = addPoints(key.publicKey, ORDER_8);
    const secret = 987654321n * 8n;
    const base = addPoints(multiply(BASE, secret / 8n), ORDER_8);
    const r = 55n;
    const commitment = multiply(BASE, r);
    const h = poseidon([...commitment, ...base, message]);
    const signature = { r8: commitment, s: (r + h * secret) % SUBGROUP_ORDER };
    expect(verifySignature(base, signature, message)).toBe(true);
    expect(verifySignature(shifted, { r8, s }, message)).toBe(false);
  });
});

test('a key hash binds key and owner', () => {
  const { publicKey } = keyPairFromPrivateKey(randomKey());
  expect(keyHash(publicKey, 5n)).toBe(poseidon([...publicKey, 5n]));
  expect(keyHash(publicKey, 5n)).not.toBe(keyHash(publicKey, 6n));
});

test('a private key has 32 bytes', () => {
  expect(() => keyPairFromPrivateKey(new Uint8Array(31))).toThrow(
    expect.objectContaining({ code: 'bad-private-key' }),
  );
});
