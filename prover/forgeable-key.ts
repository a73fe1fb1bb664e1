import { MillraceError } from '../protocol/error.ts';

/** The G2 points of a key, affine: x in the first half of the bytes. */
export interface KeyPointsG2 {
  readonly beta: Uint8Array;
  readonly gamma: Uint8Array;
  readonly delta: Uint8Array;
}

/**
 * Refuses a key in which two of beta, gamma and delta are equal or opposite. With L = IC_0 + sum s_i IC_i, anyone forges
 * proofs of any public signals:
 * - gamma = ±delta (a key without a contribution to phase 2): A = alpha, B = beta, C = -+L
 * - gamma = ±beta: A = alpha ± L, B = beta, C = 0
 * - delta = ±beta: A = L, B = gamma, C = -+alpha
 *
 * @param details where the key comes from
 * @throws {MillraceError} `refused` / `forgeable-key`
 */
export function refuseForgeableKey(
  { beta, gamma, delta }: KeyPointsG2,
  details: Record<string, unknown>,
): void {
  const pairs = [
    ['gamma', gamma, 'delta', delta],
    ['gamma', gamma, 'beta', beta],
    ['delta', delta, 'beta', beta],
  ] as const;
  for (const [name, point, otherName, other] of pairs) {
    // Points with the same x are equal or opposite.
    if (Buffer.compare(half(point), half(other)) !== 0) continue;
    throw new MillraceError(
      'refused',
      'forgeable-key',
      `This key lets anyone forge proofs: its ${name} equals its ${otherName}, but perhaps for the sign`,
      { details, fix: 'Use a key from a setup with at least one contribution to phase 2.' },
    );
  }
}

function half(point: Uint8Array): Uint8Array {
  return point.subarray(0, point.length / 2);
}
