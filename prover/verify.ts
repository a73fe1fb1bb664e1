import type { Bn128 } from 'ffjavascript';
import { MillraceError } from '../protocol/error.ts';
import { bn254, readG1, readG2 } from './curve.ts';
import {
  groth16ProofSchema,
  parseProofFile,
  publicSignalsSchema,
  type VerificationKey,
  verificationKeySchema,
} from './proof.ts';

/**
 * Verifies a Groth16 proof on BN254 (https://eprint.iacr.org/2016/260, section 3.2):
 * `e(A, B) = e(alpha, beta) e(IC_0 + sum s_i IC_i, gamma) e(C, delta)`.
 *
 * Stricter than snarkjs, as strict as L1: every coordinate canonical and on its curve, B in the subgroup of order r,
 * every public signal below r, no point at infinity in the proof. Safe on hostile `publicSignals` and `proof`.
 *
 * @param vkey snarkjs's verification key; also from outside, but wrong ones are our own mistake and throw.
 * @returns false for every proof that does not hold, malformed ones included.
 * @throws {MillraceError} `input` / `malformed-verification-key` when the key is not one;
 *   `refused` / `forgeable-key` when its gamma equals its delta, which lets anyone forge.
 */
export async function verifyProof(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<boolean> {
  const curve = await bn254();
  const key = readKey(curve, parseProofFile(verificationKeySchema, 'verification key', vkey));

  const signals = publicSignalsSchema.safeParse(publicSignals);
  const claimed = groth16ProofSchema.safeParse(proof);
  if (!signals.success || !claimed.success || signals.data.length !== key.ic.length) return false;
  const scalars = signals.data.map(BigInt);
  if (scalars.some((scalar) => scalar >= curve.r)) return false;

  const { G1, G2 } = curve;
  const a = readG1(curve, claimed.data.pi_a);
  const b = readG2(curve, claimed.data.pi_b);
  const c = readG1(curve, claimed.data.pi_c);
  if (a === undefined || b === undefined || c === undefined) return false;
  if (G1.isZero(a) || G2.isZero(b) || G1.isZero(c)) return false;

  let inputs = key.ic0;
  scalars.forEach((scalar, i) => {
    inputs = G1.add(inputs, G1.timesScalar(key.ic[i] ?? G1.zeroAffine, scalar));
  });
  return curve.pairingEq(G1.neg(a), b, key.alpha, key.beta, inputs, key.gamma, c, key.delta);
}

interface CurveKey {
  readonly alpha: Uint8Array;
  readonly beta: Uint8Array;
  readonly gamma: Uint8Array;
  readonly delta: Uint8Array;
  readonly ic0: Uint8Array;
  /** One point for each public signal. */
  readonly ic: readonly Uint8Array[];
}

function readKey(curve: Bn128, json: VerificationKey): CurveKey {
  const point = (name: string, value: Uint8Array | undefined): Uint8Array => {
    if (value !== undefined) return value;
    throw malformedKey({ field: name, problem: 'not a point of the curve' });
  };
  if (json.IC.length !== json.nPublic + 1) {
    throw malformedKey({ field: 'IC', expected: json.nPublic + 1, found: json.IC.length });
  }
  const gamma = point('vk_gamma_2', readG2(curve, json.vk_gamma_2));
  const delta = point('vk_delta_2', readG2(curve, json.vk_delta_2));
  if (curve.G2.eq(gamma, delta)) {
    throw new MillraceError(
      'refused',
      'forgeable-key',
      'This key lets anyone forge proofs: its gamma equals its delta',
      {
        fix: 'Use a key from a setup with at least one contribution to phase 2.',
      },
    );
  }
  const [ic0, ...ic] = json.IC.map((value, i) => point(`IC.${i}`, readG1(curve, value)));
  return {
    alpha: point('vk_alpha_1', readG1(curve, json.vk_alpha_1)),
    beta: point('vk_beta_2', readG2(curve, json.vk_beta_2)),
    gamma,
    delta,
    ic0: point('IC.0', ic0),
    ic,
  };
}

function malformedKey(details: Record<string, unknown>): MillraceError {
  return new MillraceError('input', 'malformed-verification-key', 'This is not a usable verification key', {
    details,
    fix: 'Export the key again with snarkjs zkey export verificationkey.',
  });
}
