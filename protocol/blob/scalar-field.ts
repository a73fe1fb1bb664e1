/** Order of BLS12-381's groups: the field of a blob's elements (EIP-4844, `BLS_MODULUS`). */
export const BLS_FIELD = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** A generator of the field's multiplicative group (EIP-4844, `PRIMITIVE_ROOT_OF_UNITY`). */
const GENERATOR = 7n;

/** The representative in `[0, BLS_FIELD)` of any integer. */
export function reduceBls(x: bigint): bigint {
  const remainder = x % BLS_FIELD;
  return remainder < 0n ? remainder + BLS_FIELD : remainder;
}

/** @param exponent at least 0 */
export function powerBls(base: bigint, exponent: bigint): bigint {
  let power = 1n;
  let square = reduceBls(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = (power * square) % BLS_FIELD;
    square = (square * square) % BLS_FIELD;
  }
  return power;
}

/** A root of unity of this order. @param order a power of two up to 2^32 */
export function rootOfUnity(order: number): bigint {
  return powerBls(GENERATOR, (BLS_FIELD - 1n) / BigInt(order));
}
