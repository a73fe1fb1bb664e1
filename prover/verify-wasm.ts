import type { Bn128 } from 'ffjavascript';
import { bn254, readG1, readG2 } from './curve.ts';
import { type KeyPoints, readVerificationKey } from './verification-key.ts';
import type { ParsedClaim } from './verify.ts';

/** `verifyProofs` on the curve in WASM, one proof after the other. Claims that were of the wrong format are undefined. */
export async function verifyWithWasm(
  vkey: unknown,
  claims: readonly (ParsedClaim | undefined)[],
): Promise<boolean[]> {
  const curve = await bn254();
  const { points } = await readVerificationKey(vkey);
  const verdicts: boolean[] = [];
  for (const claim of claims) verdicts.push(claim !== undefined && (await holds(curve, points, claim)));
  return verdicts;
}

async function holds(curve: Bn128, key: KeyPoints, { publicSignals, proof }: ParsedClaim): Promise<boolean> {
  const scalars = publicSignals.map(BigInt);
  if (scalars.length + 1 !== key.ic.length || scalars.some((scalar) => scalar >= curve.r)) return false;

  const { G1, G2 } = curve;
  const a = readG1(curve, proof.pi_a);
  const b = readG2(curve, proof.pi_b);
  const c = readG1(curve, proof.pi_c);
  if (a === undefined || b === undefined || c === undefined) return false;
  if (G1.isZero(a) || G2.isZero(b) || G1.isZero(c)) return false;

  const inputs = key.ic.reduce(
    (sum, point, i) => G1.add(sum, G1.timesScalar(point, scalars[i - 1] ?? 1n)),
    G1.zeroAffine,
  );
  return curve.pairingEq(G1.neg(a), b, key.alpha, key.beta, inputs, key.gamma, c, key.delta);
}
