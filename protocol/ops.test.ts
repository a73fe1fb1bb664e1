import { describe, expect, test } from 'vitest';
import { RandomRollup } from '../test/support/random-batch.ts';
import { FIELD } from './field.ts';
import { keyPairFromPrivateKey, verifySignature } from './keys.ts';
import {
  type L2Op,
  opId,
  type SignedOpJson,
  signedOpSchema,
  signedOpToJson,
  signingMessage,
  signOp,
} from './ops.ts';
import { poseidon } from './poseidon.ts';

const DOMAIN = 4711n;
const payment = { from: 5, token: 3, amount: 1000n, feeCode: 0x1ff, nonce: 7 };
const transfer: L2Op = { type: 'transfer', ...payment, to: 9 };
const toNew: L2Op = { type: 'transferToNew', ...payment, toKeyHash: 123456789n };
const withdraw: L2Op = { type: 'withdraw', ...payment };
const key = keyPairFromPrivateKey(new Uint8Array(32).fill(3));

test.each([
  [transfer, 1n, 9n],
  [toNew, 2n, 123456789n],
  [withdraw, 3n, 0n],
])('the message packs its fields as docs/protocol.md has them: %o', (op, type, target) => {
  const packed = type + (5n << 2n) + (7n << 34n) + (3n << 74n) + (1000n << 90n) + (0x1ffn << 154n);
  expect(signingMessage(op, DOMAIN)).toBe(poseidon([DOMAIN, packed, target]));
});

test('every field changes the message and the id', () => {
  const variants: L2Op[] = [
    transfer,
    toNew,
    withdraw,
    { ...transfer, to: 10 },
    { ...transfer, from: 6 },
    { ...transfer, token: 4 },
    { ...transfer, amount: 1001n },
    { ...transfer, feeCode: 0 },
    { ...transfer, nonce: 8 },
  ];
  const ids = variants.map((op) => opId(op, DOMAIN));
  expect(new Set([...ids, opId(transfer, DOMAIN + 1n)]).size).toBe(variants.length + 1);
  for (const id of ids) expect(id).toMatch(/^0x[0-9a-f]{64}$/);
});

test('a signed op verifies under its message', () => {
  const signed = signOp(transfer, key, 1n, DOMAIN);
  expect(verifySignature(key.publicKey, signed.signature, signingMessage(transfer, DOMAIN))).toBe(true);
});

test.each<[string, L2Op]>([
  ['from', { ...transfer, from: 2 ** 32 }],
  ['to', { ...transfer, to: -1 }],
  ['nonce', { ...transfer, nonce: 2 ** 40 }],
  ['token', { ...transfer, token: 65536 }],
  ['amount', { ...transfer, amount: 2n ** 64n }],
  ['feeCode', { ...transfer, feeCode: 4096 }],
  ['toKeyHash', { ...toNew, toKeyHash: FIELD }],
  ['toKeyHash', { ...toNew, toKeyHash: 0n }],
])('%s out of range has no message', (field, op) => {
  expect(() => signingMessage(op, DOMAIN)).toThrow(
    expect.objectContaining({ code: 'bad-field', details: expect.objectContaining({ field }) }),
  );
});

describe('JSON form', () => {
  test('signed ops of random batches survive JSON', () => {
    const rollup = new RandomRollup(11, 8);
    const ops = Array.from(
      { length: 4 },
      () => rollup.nextBatch({ name: 'x', n2: 8, n1: 4, m: 20, depth: 8 }, 'full').l2,
    );
    for (const signed of ops.flat()) {
      expect(signedOpSchema.parse(JSON.parse(JSON.stringify(signedOpToJson(signed))))).toEqual(signed);
    }
  });

  const good = signedOpToJson(signOp(transfer, key, 1n, DOMAIN));
  const changed = (change: (json: Record<string, unknown> & SignedOpJson) => void) => {
    const json = structuredClone(good) as Record<string, unknown> & SignedOpJson;
    change(json);
    return json;
  };
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['an array', []],
    [
      'an amount of 2^64',
      changed((json) => {
        json.op.amount = (2n ** 64n).toString();
      }),
    ],
    [
      'a numeric amount',
      changed((json) => {
        Object.assign(json.op, { amount: 1 });
      }),
    ],
    [
      'leading zeros',
      changed((json) => {
        json.op.amount = '01';
      }),
    ],
    [
      'hexadecimal',
      changed((json) => {
        json.op.amount = '0x10';
      }),
    ],
    [
      'a sign',
      changed((json) => {
        json.op.amount = '-1';
      }),
    ],
    [
      'an endless number',
      changed((json) => {
        json.owner = '9'.repeat(100_000);
      }),
    ],
    [
      'a fraction',
      changed((json) => {
        json.op.nonce = 0.5;
      }),
    ],
    [
      'token 0',
      changed((json) => {
        json.op.token = 0;
      }),
    ],
    [
      'a coordinate of r',
      changed((json) => {
        json.publicKey = [FIELD.toString(), '1'];
      }),
    ],
    [
      'an owner of 161 bits',
      changed((json) => {
        json.owner = (2n ** 160n).toString();
      }),
    ],
    [
      'an unknown type',
      changed((json) => {
        Object.assign(json.op, { type: 'mint' });
      }),
    ],
    [
      'an extra field',
      changed((json) => {
        json.extra = 1;
      }),
    ],
  ])('refuses %s', (_, json) => {
    expect(signedOpSchema.safeParse(json).success).toBe(false);
  });
});
