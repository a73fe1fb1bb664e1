/** Sections of a Groth16 zkey (snarkjs's `zkey_utils.js`). */
export const ZKEY = {
  protocol: 1,
  header: 2,
  ic: 3,
  coefficients: 4,
  a: 5,
  b1: 6,
  b2: 7,
  l: 8,
  h: 9,
  contributions: 10,
} as const;

export const PROTOCOL_GROTH16 = 1;
/** The coordinates' prime of BN254. */
export const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
