import { loadNative, type NativeAddon } from './native/addon.ts';
import { verifyNatively } from './native/verify-natively.ts';
import { type Groth16Proof, groth16ProofSchema, publicSignalsSchema } from './proof.ts';
import { verifyWithWasm } from './verify-wasm.ts';

/** A proof and what it is said to prove, from anywhere. */
export interface ProofClaim {
  readonly publicSignals: unknown;
  readonly proof: unknown;
}

/** A claim of the right format; nothing is known of its numbers. */
export interface ParsedClaim {
  readonly publicSignals: readonly string[];
  readonly proof: Groth16Proof;
}

/**
 * Verifies a Groth16 proof on BN254 (https://eprint.iacr.org/2016/260, section 3.2):
 * `e(A, B) = e(alpha, beta) e(IC_0 + sum s_i IC_i, gamma) e(C, delta)`.
 *
 * Stricter than snarkjs, as strict as L1: every coordinate canonical and on its curve, B in the subgroup of order r,
 * every public signal below r, no point at infinity in the proof. Safe on hostile `publicSignals` and `proof`.
 *
 * @param vkey snarkjs's verification key; also from outside, but wrong ones are our own mistake and throw.
 * @returns false for every proof that does not hold, malformed ones included.
 * @throws {MillraceError} `input` / `malformed-verification-key`; `refused` / `forgeable-key`, and `native-kernel` as
 *   {@link loadNative}; `internal` / `verifier-failed`
 */
export async function verifyProof(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<boolean> {
  const [holds = false] = await verifyProofs(vkey, [{ publicSignals, proof }]);
  return holds;
}

/**
 * {@link verifyProof} for many proofs of one key: natively in one product of pairings, where the addon is there.
 *
 * @returns for each claim whether it holds, in order
 */
export async function verifyProofs(vkey: unknown, claims: readonly ProofClaim[]): Promise<boolean[]> {
  return verifyWith(loadNative(), vkey, claims);
}

/** {@link verifyProofs} with the addon, or with WASM where it is undefined. */
export async function verifyWith(
  addon: NativeAddon | undefined,
  vkey: unknown,
  claims: readonly ProofClaim[],
): Promise<boolean[]> {
  const parsed = claims.map(parseClaim);
  return addon === undefined ? verifyWithWasm(vkey, parsed) : verifyNatively(addon, vkey, parsed);
}

function parseClaim({ publicSignals, proof }: ProofClaim): ParsedClaim | undefined {
  const signals = publicSignalsSchema.safeParse(publicSignals);
  const claimed = groth16ProofSchema.safeParse(proof);
  return signals.success && claimed.success
    ? { publicSignals: signals.data, proof: claimed.data }
    : undefined;
}
