import { bn254, readG1, readG2 } from './curve.ts';
import { groth16ProofSchema, publicSignalsSchema } from './proof.ts';
import { readVerificationKey } from './verification-key.ts';

/**
 * Verifies a Groth16 proof on BN254 (https://eprint.iacr.org/2016/260, section 3.2):
 * `e(A, B) = e(alpha, beta) e(IC_0 + sum s_i IC_i, gamma) e(C, delta)`.
 *
 * Stricter than snarkjs, as strict as L1: every coordinate canonical and on its curve, B in the subgroup of order r,
 * every public signal below r, no point at infinity in the proof. Safe on hostile `publicSignals` and `proof`.
 *
 * @param vkey snarkjs's verification key; also from outside, but wrong ones are our own mistake and throw.
 * @returns false for every proof that does not hold, malformed ones included.
 * @throws {MillraceError} as {@link readVerificationKey}
 */
export async function verifyProof(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<boolean> {
  const curve = await bn254();
  const { points: key } = await readVerificationKey(vkey);

  const signals = publicSignalsSchema.safeParse(publicSignals);
  const claimed = groth16ProofSchema.safeParse(proof);
  if (!signals.success || !claimed.success || signals.data.length + 1 !== key.ic.length) return false;
  const scalars = signals.data.map(BigInt);
  if (scalars.some((scalar) => scalar >= curve.r)) return false;

  const { G1, G2 } = curve;
  const a = readG1(curve, claimed.data.pi_a);
  const b = readG2(curve, claimed.data.pi_b);
  const c = readG1(curve, claimed.data.pi_c);
  if (a === undefined || b === undefined || c === undefined) return false;
  if (G1.isZero(a) || G2.isZero(b) || G1.isZero(c)) return false;

  const inputs = key.ic.reduce(
    (sum, point, i) => G1.add(sum, G1.timesScalar(point, scalars[i - 1] ?? 1n)),
    G1.zeroAffine,
  );
  return curve.pairingEq(G1.neg(a), b, key.alpha, key.beta, inputs, key.gamma, c, key.delta);
}
