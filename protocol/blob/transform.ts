import { BLS_FIELD, powerBls, rootOfUnity } from './scalar-field.ts';

/**
 * Values of a polynomial at all roots of unity of order `coefficients.length`, in the bit-reversed order in which EIP-4844
 * keeps them in a blob: decimation in frequency (Gentleman and Sande) leaves them so by itself.
 * @param coefficients a power of two of them, lowest first, in `[0, BLS_FIELD)`
 */
export function toEvaluations(coefficients: readonly bigint[]): bigint[] {
  const values = [...coefficients];
  for (let half = values.length / 2; half >= 1; half /= 2) {
    const roots = rootsOf(2 * half);
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = 0; i < half; i++) {
        const [a, b] = [values[start + i]!, values[start + half + i]!];
        values[start + i] = (a + b) % BLS_FIELD;
        values[start + half + i] = ((a - b + BLS_FIELD) * roots[i]!) % BLS_FIELD;
      }
    }
  }
  return values;
}

/** The inverse of {@link toEvaluations}: decimation in time (Cooley and Tukey) over the inverse roots. */
export function toCoefficients(evaluations: readonly bigint[]): bigint[] {
  const values = [...evaluations];
  for (let half = 1; half < values.length; half *= 2) {
    // The inverse of root i of order 2 half is -root (half - i).
    const roots = rootsOf(2 * half);
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = 0; i < half; i++) {
        const a = values[start + i]!;
        const b = values[start + half + i]!;
        const product = i === 0 ? b : BLS_FIELD - ((b * roots[half - i]!) % BLS_FIELD);
        values[start + i] = (a + product) % BLS_FIELD;
        values[start + half + i] = (a - product + BLS_FIELD) % BLS_FIELD;
      }
    }
  }
  const inverseLength = powerBls(BigInt(values.length), BLS_FIELD - 2n);
  return values.map((value) => (value * inverseLength) % BLS_FIELD);
}

const cachedRoots = new Map<number, readonly bigint[]>();

/** The first half of the powers of the root of this order: the others are their negatives. */
function rootsOf(order: number): readonly bigint[] {
  let roots = cachedRoots.get(order);
  if (roots === undefined) {
    const root = rootOfUnity(order);
    const powers = [1n];
    for (let i = 1; i < order / 2; i++) powers.push((powers[i - 1]! * root) % BLS_FIELD);
    cachedRoots.set(order, powers);
    roots = powers;
  }
  return roots;
}
