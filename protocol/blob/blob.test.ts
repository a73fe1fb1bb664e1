import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesFromInteger, integerFromBytes } from '../bytes.ts';
import { BLOB_BYTES, BLOB_ELEMENTS, decodeBlob, encodeBlob, evaluateBls } from './blob.ts';
import { BLS_FIELD, powerBls, rootOfUnity } from './scalar-field.ts';
import { toCoefficients, toEvaluations } from './transform.ts';

/** Undefined where the package could not be built: it is optional. */
const kzg = await import('c-kzg').then(
  ({ default: kzg }) => {
    kzg.loadTrustedSetup(0);
    return kzg;
  },
  () => undefined,
);

const element = fc.bigInt({ min: 0n, max: BLS_FIELD - 1n });
const vectors = fc.array(element, { maxLength: 300 });

test('roots of unity have their order', () => {
  for (const order of [2, 8, BLOB_ELEMENTS]) {
    expect(powerBls(rootOfUnity(order), BigInt(order))).toBe(1n);
    expect(powerBls(rootOfUnity(order), BigInt(order / 2))).toBe(BLS_FIELD - 1n);
  }
});

test('the transform is the values at the roots, bit-reversed', () => {
  fc.assert(
    fc.property(fc.array(element, { minLength: 8, maxLength: 8 }), (coefficients) => {
      const root = rootOfUnity(8);
      const values = [0, 4, 2, 6, 1, 5, 3, 7].map((k) =>
        evaluateBls(coefficients, powerBls(root, BigInt(k))),
      );
      expect(toEvaluations(coefficients)).toEqual(values);
      expect(toCoefficients(values)).toEqual(coefficients);
    }),
  );
});

test('a blob gives its coefficients back', () => {
  fc.assert(
    fc.property(vectors, (coefficients) => {
      const decoded = decodeBlob(encodeBlob(coefficients));
      expect(decoded).toHaveLength(BLOB_ELEMENTS);
      expect(decoded.slice(0, coefficients.length)).toEqual(coefficients);
      expect(decoded.slice(coefficients.length).every((value) => value === 0n)).toBe(true);
    }),
    { numRuns: 10 },
  );
});

test.skipIf(kzg === undefined)('c-kzg opens the blob to the same value', () => {
  fc.assert(
    fc.property(vectors, element, (coefficients, z) => {
      const [, value] = kzg!.computeKzgProof(encodeBlob(coefficients), bytesFromInteger(z, 32));
      expect(integerFromBytes(value)).toBe(evaluateBls(coefficients, z));
    }),
    { numRuns: 5 },
  );
});

describe('refused', () => {
  const blob = (value: bigint) => {
    const bytes = new Uint8Array(BLOB_BYTES);
    bytes.set(bytesFromInteger(value, 32), 32 * 7);
    return bytes;
  };

  test('a blob of another length', () => {
    expect(() => decodeBlob(new Uint8Array(BLOB_BYTES - 1))).toThrow(
      expect.objectContaining({ code: 'bad-blob' }),
    );
  });

  test('an element that is not below the modulus', () => {
    expect(decodeBlob(blob(BLS_FIELD - 1n))).toHaveLength(BLOB_ELEMENTS);
    expect(() => decodeBlob(blob(BLS_FIELD))).toThrow(
      expect.objectContaining({ code: 'bad-blob', details: expect.objectContaining({ element: 7 }) }),
    );
  });

  test.each([[[BLS_FIELD]], [[-1n]], [Array<bigint>(BLOB_ELEMENTS + 1).fill(0n)]])(
    'coefficients, case %#',
    (bad) => {
      expect(() => encodeBlob(bad)).toThrow(expect.objectContaining({ code: 'bad-coefficient' }));
    },
  );
});
