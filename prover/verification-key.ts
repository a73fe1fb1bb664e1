import { MillraceError } from '../protocol/error.ts';
import { bn254, readG1, readG2 } from './curve.ts';
import { refuseForgeableKey } from './forgeable-key.ts';
import { parseProofFile, type VerificationKey, verificationKeySchema } from './proof.ts';

/** The points of a verification key, affine. */
export interface KeyPoints {
  readonly alpha: Uint8Array;
  readonly beta: Uint8Array;
  readonly gamma: Uint8Array;
  readonly delta: Uint8Array;
  /** One for each public signal and one more. */
  readonly ic: readonly Uint8Array[];
}

/**
 * Reads the format of a verification key from outside: not whether its points are points.
 *
 * @returns the key without fields that verification does not need
 * @throws {MillraceError} `input` / `malformed-verification-key`
 */
export function parseVerificationKey(vk: unknown): VerificationKey {
  const key = parseProofFile(verificationKeySchema, 'verification key', vk);
  if (key.IC.length !== key.nPublic + 1) {
    throw malformedKey({ field: 'IC', expected: key.nPublic + 1, found: key.IC.length });
  }
  return key;
}

/**
 * Reads a verification key from outside and checks it: the format; every point canonical, on its curve, in the group of
 * order r and not at infinity; one IC point for each public signal and one more; no two equal G2 points. L1 checks the same.
 *
 * @returns the key without fields that verification does not need, and its points
 * @throws {MillraceError} `input` / `malformed-verification-key`, and as {@link refuseForgeableKey}
 */
export async function readVerificationKey(
  vk: unknown,
): Promise<{ readonly key: VerificationKey; readonly points: KeyPoints }> {
  const key = parseVerificationKey(vk);
  const curve = await bn254();
  const g1 = (field: string, json: VerificationKey['vk_alpha_1']) =>
    notZero(field, readG1(curve, json), (point) => curve.G1.isZero(point));
  const g2 = (field: string, json: VerificationKey['vk_beta_2']) =>
    notZero(field, readG2(curve, json), (point) => curve.G2.isZero(point));
  const points = {
    alpha: g1('vk_alpha_1', key.vk_alpha_1),
    beta: g2('vk_beta_2', key.vk_beta_2),
    gamma: g2('vk_gamma_2', key.vk_gamma_2),
    delta: g2('vk_delta_2', key.vk_delta_2),
    ic: key.IC.map((point, i) => g1(`IC.${i}`, point)),
  };
  refuseForgeableKey(points, {});
  return { key, points };
}

function notZero(
  field: string,
  point: Uint8Array | undefined,
  isZero: (point: Uint8Array) => boolean,
): Uint8Array {
  if (point === undefined) throw malformedKey({ field, problem: 'not a point of the group' });
  if (isZero(point)) throw malformedKey({ field, problem: 'the point at infinity' });
  return point;
}

/** What is thrown for a key that is none. */
export function malformedKey(details: Record<string, unknown>): MillraceError {
  return new MillraceError('input', 'malformed-verification-key', 'This is not a usable verification key', {
    details,
    fix: 'Export the key again with snarkjs zkey export verificationkey.',
  });
}
