import { FIELD, invert, reduce } from '../../protocol/field.ts';

/** r - 1 = 2^28 * odd. */
const TWO_ADICITY = 28;

/** L_x(tau) over the domain of `order` elements for `count` of them, x = first, first * step, ... */
export function lagrange(tau: bigint, count: number, order: number, first: bigint, step: bigint): bigint[] {
  const elements: bigint[] = [];
  const prefixes: bigint[] = [];
  let product = 1n;
  for (let i = 0, x = first; i < count; i++, x = (x * step) % FIELD) {
    elements.push(x);
    prefixes.push(product);
    product = (product * (tau - x + FIELD)) % FIELD;
  }
  const factor = (reduce(modPow(tau, order) - 1n) * invert(BigInt(order))) % FIELD;
  let inverse = invert(product);
  const values = new Array<bigint>(count);
  for (let i = count - 1; i >= 0; i--) {
    const x = elements[i] ?? 0n;
    values[i] = (((inverse * (prefixes[i] ?? 0n)) % FIELD) * ((x * factor) % FIELD)) % FIELD;
    inverse = (inverse * (tau - x + FIELD)) % FIELD;
  }
  return values;
}

/** A primitive 2^power-th root of unity: a power of 5, the smallest non-residue, as in snarkjs. */
export function rootOfUnity(power: number): bigint {
  let root = modPow(5n, (FIELD - 1n) >> BigInt(TWO_ADICITY));
  for (let i = TWO_ADICITY; i > power; i--) root = (root * root) % FIELD;
  return root;
}

export function modPow(base: bigint, exponent: bigint | number): bigint {
  let result = 1n;
  for (
    let square = base, rest = BigInt(exponent);
    rest > 0n;
    rest >>= 1n, square = (square * square) % FIELD
  ) {
    if (rest & 1n) result = (result * square) % FIELD;
  }
  return result;
}
