import { bytesFromInteger, integerFromBytes } from '../bytes.ts';
import { MillraceError } from '../error.ts';
import { BLS_FIELD, reduceBls } from './scalar-field.ts';
import { toCoefficients, toEvaluations } from './transform.ts';

/** Field elements of a blob (EIP-4844, `FIELD_ELEMENTS_PER_BLOB`). */
export const BLOB_ELEMENTS = 4096;

const ELEMENT_BYTES = 32;

/** Bytes of a blob. */
export const BLOB_BYTES = BLOB_ELEMENTS * ELEMENT_BYTES;

/**
 * The blob whose polynomial has these coefficients, lowest first; the others are 0. A blob's elements are the polynomial's
 * values at the roots of unity (EIP-4844), so this is a Fourier transform. About 60 ms.
 * @param coefficients at most 4096, in `[0, BLS_FIELD)`
 * @throws {MillraceError} `input/bad-coefficient`
 */
export function encodeBlob(coefficients: readonly bigint[]): Uint8Array {
  const wrong = coefficients.findIndex((value) => value < 0n || value >= BLS_FIELD);
  if (wrong >= 0 || coefficients.length > BLOB_ELEMENTS) {
    throw new MillraceError('input', 'bad-coefficient', 'These are not the coefficients of a blob', {
      details: {
        expected: `at most ${BLOB_ELEMENTS} in [0, ${BLS_FIELD})`,
        found: wrong < 0 ? coefficients.length : `${coefficients[wrong]} at ${wrong}`,
      },
    });
  }
  const padding = Array<bigint>(BLOB_ELEMENTS - coefficients.length).fill(0n);
  const blob = new Uint8Array(BLOB_BYTES);
  toEvaluations([...coefficients, ...padding]).forEach((value, i) => {
    blob.set(bytesFromInteger(value, ELEMENT_BYTES), i * ELEMENT_BYTES);
  });
  return blob;
}

/**
 * All 4096 coefficients of a blob's polynomial, the inverse of {@link encodeBlob}.
 * @param blob from anywhere
 * @throws {MillraceError} `input/bad-blob` for a wrong length or an element that is not below {@link BLS_FIELD}
 */
export function decodeBlob(blob: Uint8Array): bigint[] {
  if (blob.length !== BLOB_BYTES) throw badBlob({ expected: `${BLOB_BYTES} bytes`, found: blob.length });
  const evaluations = Array.from({ length: BLOB_ELEMENTS }, (_, i) => {
    const value = integerFromBytes(blob.subarray(i * ELEMENT_BYTES, (i + 1) * ELEMENT_BYTES));
    if (value >= BLS_FIELD) throw badBlob({ element: i, expected: `below ${BLS_FIELD}`, found: value });
    return value;
  });
  return toCoefficients(evaluations);
}

/** Value at `z` of the polynomial with these coefficients, lowest first, modulo {@link BLS_FIELD}. */
export function evaluateBls(coefficients: readonly bigint[], z: bigint): bigint {
  return coefficients.reduceRight((sum, coefficient) => reduceBls(sum * z + coefficient), 0n);
}

function badBlob(details: Readonly<Record<string, unknown>>): MillraceError {
  return new MillraceError('input', 'bad-blob', 'This is not an EIP-4844 blob', {
    details,
    fix: 'Fetch the blob again, or from another source; its versioned hash tells whether it is the right one.',
  });
}
