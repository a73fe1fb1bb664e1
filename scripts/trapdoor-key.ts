import { bn254 } from '../prover/curve.ts';
import type { G1Json, G2Json, Groth16Proof, VerificationKey } from '../prover/proof.ts';
import { Random } from './random.ts';

/** A Groth16 key whose secrets are known, so that it proves any three public inputs, without a circuit: for tests and gas. */
export interface TrapdoorKey {
  readonly verificationKey: VerificationKey;
  /** A valid proof of `[C, z, y]` that no one could make without the secrets. */
  prove(publicInputs: readonly [bigint, bigint, bigint]): Groth16Proof;
}

/** The key with the secrets that follow from `seed`. */
export async function trapdoorKey(seed: number): Promise<TrapdoorKey> {
  const { G1, G2, r } = await bn254();
  const random = new Random(seed);
  const scalar = (): bigint => 1n + random.bits(250);
  const [alpha, beta, gamma, delta] = [scalar(), scalar(), scalar(), scalar()];
  const ic = [scalar(), scalar(), scalar(), scalar()];
  const g1 = (times: bigint): G1Json => {
    const [x, y] = G1.toObject(G1.toAffine(G1.timesScalar(G1.g, times % r))) as [bigint, bigint];
    return [String(x), String(y), '1'];
  };
  const g2 = (times: bigint): G2Json => {
    const [x, y] = G2.toObject(G2.toAffine(G2.timesScalar(G2.g, times % r))) as [bigint[], bigint[]];
    return [
      [String(x[0]), String(x[1])],
      [String(y[0]), String(y[1])],
      ['1', '0'],
    ];
  };
  return {
    verificationKey: {
      protocol: 'groth16',
      curve: 'bn128',
      nPublic: 3,
      vk_alpha_1: g1(alpha),
      vk_beta_2: g2(beta),
      vk_gamma_2: g2(gamma),
      vk_delta_2: g2(delta),
      IC: ic.map(g1),
    },
    prove(publicInputs) {
      const input = publicInputs.reduce((sum, value, i) => sum + value * ic[i + 1]!, ic[0]!);
      const [a, b] = [scalar(), scalar()];
      const c = modulo(a * b - alpha * beta - input * gamma, r) * inverse(delta, r);
      return { pi_a: g1(a), pi_b: g2(b), pi_c: g1(c), protocol: 'groth16', curve: 'bn128' };
    },
  };
}

function modulo(value: bigint, modulus: bigint): bigint {
  return ((value % modulus) + modulus) % modulus;
}

/** By Fermat: `modulus` is a prime. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [result, base, exponent] = [1n, value % modulus, modulus - 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}
