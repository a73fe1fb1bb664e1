/** Order of BN254: the field of the circuits, of Poseidon and of BabyJubJub's coordinates. */
export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Bits of the low part of a value: what fits in 31 bytes. */
const LOW_BITS = 248n;
const LOW_MASK = (1n << LOW_BITS) - 1n;

/** True for a bigint in `[0, FIELD)`. Takes anything, so that it can stand at a boundary. */
export function isFieldElement(x: unknown): x is bigint {
  return typeof x === 'bigint' && x >= 0n && x < FIELD;
}

/** The representative in `[0, FIELD)` of any integer. */
export function reduce(x: bigint): bigint {
  const remainder = x % FIELD;
  return remainder < 0n ? remainder + FIELD : remainder;
}

/** The low 248 bits of a value below 2^254 (docs/protocol.md, notation). */
export function lo(value: bigint): bigint {
  return value & LOW_MASK;
}

/** What is above the low 248 bits: 6 bits for a value below 2^254. */
export function hi(value: bigint): bigint {
  return value >> LOW_BITS;
}

/** Joins what {@link lo} and {@link hi} took apart. */
export function fromLoHi(low: bigint, high: bigint): bigint {
  return low | (high << LOW_BITS);
}

/**
 * Multiplicative inverse modulo {@link FIELD}, by the extended Euclidean algorithm.
 * The inverse of 0 is 0, as in ffjavascript; no caller depends on it.
 */
export function invert(value: bigint): bigint {
  let [a, b] = [reduce(value), FIELD];
  let [u, v] = [1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [u, v] = [v - quotient * u, u];
  }
  return a === 0n ? 0n : reduce(u);
}
