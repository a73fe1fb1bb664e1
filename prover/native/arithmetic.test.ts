import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildEddsa } from 'circomlibjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addPoints,
  BASE,
  IDENTITY,
  multiply,
  type Point,
  SUBGROUP_ORDER,
} from '../../protocol/babyjubjub.ts';
import { workedExampleMarkdown } from '../../protocol/example.ts';
import { FIELD } from '../../protocol/field.ts';
import {
  checkWithBigints,
  keyPairFromPrivateKey,
  type Signature,
  sign,
  useSignatureCheck,
  verifySignature,
} from '../../protocol/keys.ts';
import { MAX_INPUTS, poseidon, poseidonMany, usePoseidon, WASM_POSEIDON } from '../../protocol/poseidon.ts';
import { AccountTree } from '../../protocol/tree.ts';
import { Random } from '../../scripts/random.ts';
import { loadNative } from './addon.ts';
import { useNativeArithmetic } from './arithmetic.ts';
import { buildNative } from './build.mjs';

const run = promisify(execFile);
const hasNative = buildNative({ log: () => undefined }) !== undefined;

const element = fc.oneof(
  fc.bigInt(0n, FIELD - 1n),
  fc.constantFrom(0n, 1n, FIELD - 1n, FIELD - 2n, 2n ** 253n, 2n ** 64n - 1n),
);

/** A generator of the whole curve (EIP-2494). */
const GENERATOR: Point = [
  995203441582195749578291179787384436505546430278305826713579947235728471134n,
  5472060717959818805561601436314318772137091100104008585924551046643952123905n,
];
const ORDER_8 = multiply(GENERATOR, SUBGROUP_ORDER);

interface Claim {
  readonly key: Point;
  readonly signature: Signature;
  readonly message: bigint;
}

/** A signature by a key with the component `i * ORDER_8`, made by whoever knows the scalar. */
function signWith(scalar: bigint, nonce: bigint, message: bigint, i: bigint, r8Torsion = 0n): Claim {
  const key = addPoints(multiply(BASE, scalar), multiply(ORDER_8, i));
  const r8 = addPoints(multiply(BASE, nonce), multiply(ORDER_8, r8Torsion));
  const h = poseidon([...r8, ...key, message]);
  return { key, signature: { r8, s: (nonce + 8n * h * scalar) % SUBGROUP_ORDER }, message };
}

/** Signatures of every kind that a check treats apart, good and bad. */
function claims(random: Random): Claim[] {
  const pair = keyPairFromPrivateKey(Uint8Array.from({ length: 32 }, () => random.below(256)));
  const key = pair.publicKey;
  const message = random.bits(253);
  const signature = sign(pair, message);
  const { r8, s } = signature;
  const other = multiply(GENERATOR, random.bits(200));
  return [
    { key, signature, message },
    ...[0n, FIELD - 1n, 1n].map((value) => ({ key, signature: sign(pair, value), message: value })),
    { key, signature, message: (message + 1n) % FIELD },
    { key, signature, message: message + FIELD },
    { key, signature: { r8, s: s + SUBGROUP_ORDER }, message },
    { key, signature: { r8, s: SUBGROUP_ORDER }, message },
    { key, signature: { r8, s: 0n }, message },
    { key, signature: { r8, s: s ^ (1n << BigInt(random.below(250))) }, message },
    { key, signature: { r8: [r8[0] + FIELD, r8[1]], s }, message },
    { key, signature: { r8: [r8[0], (r8[1] + 1n) % FIELD], s }, message },
    { key, signature: { r8: [FIELD - r8[0], r8[1]], s }, message },
    { key, signature: { r8: addPoints(r8, ORDER_8), s }, message },
    { key, signature: { r8: IDENTITY, s }, message },
    { key: [key[0], key[1] + FIELD], signature, message },
    { key: [FIELD - key[0], key[1]], signature, message },
    { key: [1n, 2n], signature, message },
    { key: [0n, 0n], signature, message },
    { key: other, signature, message },
    // Keys of small order, for which S * B = R8 is all that is left.
    ...Array.from({ length: 8 }, (_, i) => ({
      key: multiply(ORDER_8, BigInt(i)),
      signature: { r8: multiply(BASE, 7n), s: 7n },
      message,
    })),
    ...[0n, 1n, 2n, 3n, 4n].map((i) => signWith(random.bits(250), random.bits(250), message, i)),
    signWith(random.bits(250), random.bits(250), message, 1n, 1n),
    signWith(1n, 0n, message, 0n), // A = B, R8 the identity
    signWith(SUBGROUP_ORDER - 1n, 5n, message, 0n),
    { key: BASE, signature: { r8: IDENTITY, s: 0n }, message },
  ];
}

describe.runIf(hasNative)('the native arithmetic', () => {
  const addon = loadNative()!;
  beforeAll(useNativeArithmetic);
  afterAll(() => {
    usePoseidon(WASM_POSEIDON);
    useSignatureCheck(checkWithBigints);
  });

  describe('Poseidon', () => {
    it.each(Array.from({ length: MAX_INPUTS }, (_, i) => i + 1))('is circomlibjs with %d inputs', (each) => {
      const group = fc.array(element, { minLength: each, maxLength: each });
      fc.assert(
        fc.property(group, (inputs) => {
          expect(poseidon(inputs)).toBe(WASM_POSEIDON.hash(inputs));
        }),
        { numRuns: 20, examples: [[Array<bigint>(each).fill(0n)], [Array<bigint>(each).fill(FIELD - 1n)]] },
      );
    });

    it('hashes any number of groups', () => {
      const group = fc.array(element, { minLength: 0, maxLength: 40 });
      fc.assert(
        fc.property(fc.integer({ min: 1, max: MAX_INPUTS }), group, (each, elements) => {
          const inputs = elements.slice(0, elements.length - (elements.length % each));
          expect(poseidonMany(each, inputs)).toEqual(WASM_POSEIDON.hashMany(each, inputs));
        }),
        { numRuns: 30 },
      );
      const many = Array.from({ length: 3 * 1001 }, (_, i) => BigInt(i));
      expect(poseidonMany(3, many)).toEqual(WASM_POSEIDON.hashMany(3, many));
    });

    it('refuses what is no group of field elements', () => {
      for (const inputs of [
        [],
        [FIELD],
        [-1n],
        [2n ** 256n],
        [2n ** 320n + 1n],
        Array<bigint>(17).fill(0n),
      ]) {
        expect(() => addon.poseidon(inputs)).toThrow(RangeError);
      }
      for (const inputs of [[1], ['1'], [undefined], [null], Array(3)]) {
        expect(() => addon.poseidon(inputs as bigint[])).toThrow(TypeError);
      }
      for (const [each, inputs] of [
        [0, []],
        [17, Array<bigint>(17).fill(0n)],
        [2, [1n]],
        [1, [FIELD]],
        [-1, [1n]],
      ] as const) {
        expect(() => addon.poseidonMany(each, inputs)).toThrow(RangeError);
        expect(() => poseidonMany(each, inputs)).toThrow(
          expect.objectContaining({ code: 'bad-poseidon-input' }),
        );
      }
      expect(() => addon.poseidonMany(2, undefined as never)).toThrow(TypeError);
      expect(() => addon.poseidonMany(1, Array(2 ** 32 - 1))).toThrow(TypeError);
      // An array that gets shorter while it is read.
      const shrinking = Array<bigint>(1000).fill(1n);
      Object.defineProperty(shrinking, 0, {
        get: () => {
          shrinking.length = 1;
          return 1n;
        },
      });
      expect(() => addon.poseidonMany(1, shrinking)).toThrow(TypeError);
    });

    it('gives the account tree the same root', () => {
      const random = new Random(9);
      const native = new AccountTree(24);
      const indexes = Array.from({ length: 60 }, () => random.below(2 ** 24));
      for (const index of indexes) {
        native.set(index, { keyHash: 1n + random.bits(250), token: 1, nonce: 0, balance: random.bits(64) });
      }
      const root = native.root;
      usePoseidon(WASM_POSEIDON);
      const wasm = new AccountTree(24);
      for (const [index, account] of native.entries()) wasm.set(index, account);
      expect(wasm.root).toBe(root);
      useNativeArithmetic();
    });
  });

  it("makes the protocol's worked example the same", () => {
    const native = workedExampleMarkdown();
    usePoseidon(WASM_POSEIDON);
    useSignatureCheck(checkWithBigints);
    expect(native).toBe(workedExampleMarkdown());
    useNativeArithmetic();
  });

  describe('the signature check', () => {
    it("accepts circomlib's published signature", () => {
      // Of the message 0x00010203040506070809, circomlibjs/test/eddsa.js.
      const numbers = [
        13277427435165878497778222415993513565335242147425444199013288855685581939618n,
        13622229784656158136036771217484571176836296686641868549125388198837476602820n,
        11384336176656855268977457483345535180380036354188103142384839473266348197733n,
        15383486972088797283337779941324724402501462225528836549661220478783371668959n,
        1672775540645840396591609181675628451599263765380031905495115170613215233181n,
        42649378395939397566720n,
      ];
      expect(addon.verifySignatures(numbers)).toEqual([true]);
      expect(addon.verifySignatures(numbers.with(5, 1n))).toEqual([false]);
    });

    it('accepts exactly what the rules accept, one and many at a time', () => {
      const all = [1, 2].flatMap((seed) => claims(new Random(seed)));
      const canonical = ({ key, signature: { r8, s }, message }: Claim) =>
        [...key, ...r8, message, s].every((x) => x < FIELD);
      const expected = all.map(
        (claim) => canonical(claim) && checkWithBigints(claim.key, claim.signature, claim.message),
      );
      expect(expected.filter((holds) => holds).length).toBeGreaterThan(10);
      expect(all.map(({ key, signature, message }) => verifySignature(key, signature, message))).toEqual(
        expected,
      );
      const numbers = all.flatMap(({ key, signature: { r8, s }, message }) => [...key, ...r8, s, message]);
      expect(addon.verifySignatures(numbers)).toEqual(expected);
      expect(addon.verifySignatures([])).toEqual([]);
    });

    it('agrees with circomlibjs on what it signed, and on changes of it', async () => {
      const eddsa = await buildEddsa();
      const F = eddsa.F;
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 32, maxLength: 32 }),
          element,
          fc.integer({ min: 0, max: 5 }),
          fc.boolean(),
          (privateKey, message, part, change) => {
            const signed = eddsa.signPoseidon(privateKey, F.e(message));
            const numbers = [...eddsa.prv2pub(privateKey), ...signed.R8].map((x) => F.toObject(x));
            numbers.push(signed.S, message);
            if (change) numbers[part] = (numbers[part]! + 1n) % FIELD;
            const [ax, ay, rx, ry, s, m] = numbers as [bigint, bigint, bigint, bigint, bigint, bigint];
            const theirs = eddsa.verifyPoseidon(F.e(m), { R8: [F.e(rx), F.e(ry)], S: s }, [F.e(ax), F.e(ay)]);
            expect(addon.verifySignatures(numbers)).toEqual([theirs]);
            expect(theirs).toBe(!change);
          },
        ),
        { numRuns: 4 },
      );
    });

    it('throws on what are no numbers', () => {
      expect(() => addon.verifySignatures([1n])).toThrow(RangeError);
      expect(() => addon.verifySignatures([1n, 2n, 3n, 4n, 5n, -6n])).toThrow(RangeError);
      expect(() => addon.verifySignatures([1n, 2n, 3n, 4n, 5n, 2n ** 256n])).toThrow(RangeError);
      expect(() => addon.verifySignatures([1n, 2n, 3n, 4n, 5n, 6] as never)).toThrow(TypeError);
      expect(() => addon.verifySignatures(Array(2 ** 32 - 4))).toThrow(TypeError);
      expect(verifySignature(BASE, { r8: BASE, s: undefined as never }, 1n)).toBe(false);
    });
  });

  it.each(['ifma', 'avx2', 'adx', 'portable'])('gives the same with the kernel "%s"', async (kernel) => {
    const random = new Random(4);
    const hashed = Array.from({ length: MAX_INPUTS }, (_, i) => {
      const inputs = Array.from({ length: (12 + (i % 2)) * (i + 1) }, () => random.bits(256) % FIELD);
      return { each: i + 1, inputs, hashes: WASM_POSEIDON.hashMany(i + 1, inputs).map(String) };
    });
    const signed = claims(random).map(({ key, signature: { r8, s }, message }) => {
      const numbers = [...key, ...r8, s, message];
      const holds = numbers.every((x) => x < FIELD) && checkWithBigints(key, { r8, s }, message);
      return { numbers, holds };
    });
    const script = `
      const { loadNative } = await import(${JSON.stringify(new URL('./addon.ts', import.meta.url).href)});
      const addon = loadNative();
      let input = '';
      for await (const chunk of process.stdin) input += chunk;
      const { groups, claims } = JSON.parse(input);
      const hashes = groups.map(({ each, inputs }) => addon.poseidonMany(each, inputs.map(BigInt)).map(String));
      const holds = addon.verifySignatures(claims.map(BigInt));
      console.log(JSON.stringify({ kernel: addon.kernel, hashes, holds }));`;
    const started = run(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, MILLRACE_KERNEL: kernel },
    });
    const groups = hashed.map(({ each, inputs }) => ({ each, inputs: inputs.map(String) }));
    started.child.stdin!.on('error', () => undefined);
    started.child.stdin!.end(
      JSON.stringify({ groups, claims: signed.flatMap(({ numbers }) => numbers.map(String)) }),
    );
    const ended = await started.catch((error: unknown) => error);
    if (ended instanceof Error) {
      // Not every processor has every kernel, but each has one.
      expect(kernel).not.toBe('portable');
      expect(ended).toMatchObject({ stderr: expect.stringContaining('native-kernel') });
      return;
    }
    expect(JSON.parse((ended as { stdout: string }).stdout)).toEqual({
      kernel,
      hashes: hashed.map(({ hashes }) => hashes),
      holds: signed.map(({ holds }) => holds),
    });
  });
});
