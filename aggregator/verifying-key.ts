import { AbiCoder, keccak256 } from 'ethers';
import { MillraceError } from '../protocol/error.ts';
import type { G1Json, G2Json, Groth16Proof, VerificationKey } from '../prover/proof.ts';

/** A G1 point as L1 takes it. */
export type Pair = readonly [string, string];
/** A G2 point as L1 takes it: of each coordinate the imaginary part first. */
type PairOfPairs = readonly [Pair, Pair];

/** The contract's `VerifyingKey`. */
export interface VerifyingKeyOnL1 {
  readonly alpha: Pair;
  readonly beta: PairOfPairs;
  readonly gamma: PairOfPairs;
  readonly delta: PairOfPairs;
  readonly ic: readonly Pair[];
}

/** The contract's `Proof`; snarkjs's `exportSolidityCallData` prints the same. */
export interface ProofOnL1 {
  readonly a: Pair;
  readonly b: PairOfPairs;
  readonly c: Pair;
}

/** Public inputs of the batch circuit: C, z, y. */
const PUBLIC_INPUTS = 3;
const KEY_TYPE =
  'tuple(uint256[2] alpha, uint256[2][2] beta, uint256[2][2] gamma, uint256[2][2] delta, uint256[2][4] ic)';

/**
 * A verification key of snarkjs in the contract's order.
 * @throws {MillraceError} `input/wrong-public-inputs` if the circuit does not have three
 */
export function verifyingKeyOnL1(key: VerificationKey): VerifyingKeyOnL1 {
  if (key.IC.length !== PUBLIC_INPUTS + 1) {
    throw new MillraceError('input', 'wrong-public-inputs', 'This is not the key of a batch circuit', {
      details: { expectedPublicInputs: PUBLIC_INPUTS, found: key.IC.length - 1 },
      fix: 'Pass the verification key of one of the shapes.',
    });
  }
  return {
    alpha: g1(key.vk_alpha_1),
    beta: g2(key.vk_beta_2),
    gamma: g2(key.vk_gamma_2),
    delta: g2(key.vk_delta_2),
    ic: key.IC.map(g1),
  };
}

/** The hash that the verifier of this key has as its `vkHash`: `keccak256(abi.encode(verifyingKey))`, 0x + 64 hex. */
export function verifyingKeyHash(key: VerificationKey): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode([KEY_TYPE], [verifyingKeyOnL1(key)]));
}

/** A proof in the contract's order. */
export function proofOnL1({ pi_a, pi_b, pi_c }: Groth16Proof): ProofOnL1 {
  return { a: g1(pi_a), b: g2(pi_b), c: g1(pi_c) };
}

function g1([x, y]: G1Json): Pair {
  return [x, y];
}

function g2([[x0, x1], [y0, y1]]: G2Json): PairOfPairs {
  return [
    [x1, x0],
    [y1, y0],
  ];
}
