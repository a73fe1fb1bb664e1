import { open } from 'node:fs/promises';
import { MillraceError } from '../../protocol/error.ts';
import { bn254, readG1, readG2 } from '../curve.ts';
import { parseProofFile, type VerificationKey, verificationKeySchema } from '../proof.ts';
import { forgeableKey, readZkeyFile } from './zkey-file.ts';
import { ZKEY } from './zkey-sections.ts';

/** What `snarkjs zkey export verificationkey` writes. */
export interface VerificationKeyFile extends VerificationKey {
  /** The pairing of alpha and beta: a convenience that no verifier has to trust. */
  readonly vk_alphabeta_12: unknown;
}

const G1_BYTES = 64;

/**
 * The verification key of a proving key, in snarkjs's JSON format, and checked.
 *
 * @param path of a Groth16 zkey; hostile until checked
 * @throws {MillraceError} as {@link readZkeyFile} and {@link checkVerificationKey}
 */
export async function exportVerificationKey(path: string): Promise<VerificationKeyFile> {
  const zkey = await readZkeyFile(path);
  const { alpha1, beta2, gamma2, delta2 } = zkey.points;
  const ic = await readIc(path, zkey.sections.get(ZKEY.ic)?.offset ?? 0, zkey.publicWires + 1);
  const curve = await bn254();
  const { G1, G2, Gt } = curve;
  const key = {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: zkey.publicWires,
    vk_alpha_1: decimals(G1.toObject(alpha1)),
    vk_beta_2: decimals(G2.toObject(beta2)),
    vk_gamma_2: decimals(G2.toObject(gamma2)),
    vk_delta_2: decimals(G2.toObject(delta2)),
    IC: ic.map((point) => decimals(G1.toObject(point))),
  };
  return {
    ...(await checkVerificationKey(key)),
    vk_alphabeta_12: decimals(Gt.toObject(curve.pairing(alpha1, beta2))),
  };
}

/**
 * Checks a verification key from outside: the format; every point canonical, on its curve, in the group of order r and
 * not at infinity; one IC point for each public signal and one more; gamma different from delta.
 *
 * @returns the key, without fields that verification does not need
 * @throws {MillraceError} `input` / `malformed-verification-key`; `refused` / `forgeable-key` when gamma equals delta,
 *   which lets anyone forge
 */
export async function checkVerificationKey(vk: unknown): Promise<VerificationKey> {
  const key = parseProofFile(verificationKeySchema, 'verification key', vk);
  if (key.IC.length !== key.nPublic + 1) {
    throw malformed({ field: 'IC', expected: key.nPublic + 1, found: key.IC.length });
  }
  const curve = await bn254();
  const check = (
    field: string,
    point: Uint8Array | undefined,
    isZero: (point: Uint8Array) => boolean,
  ): Uint8Array => {
    if (point === undefined) throw malformed({ field, problem: 'not a point of the group' });
    if (isZero(point)) throw malformed({ field, problem: 'the point at infinity' });
    return point;
  };
  const g1 = (field: string, json: VerificationKey['vk_alpha_1']) =>
    check(field, readG1(curve, json), (point) => curve.G1.isZero(point));
  const g2 = (field: string, json: VerificationKey['vk_beta_2']) =>
    check(field, readG2(curve, json), (point) => curve.G2.isZero(point));
  g1('vk_alpha_1', key.vk_alpha_1);
  g2('vk_beta_2', key.vk_beta_2);
  const gamma = g2('vk_gamma_2', key.vk_gamma_2);
  const delta = g2('vk_delta_2', key.vk_delta_2);
  if (curve.G2.eq(gamma, delta)) throw forgeableKey({ field: 'vk_delta_2' });
  key.IC.forEach((point, i) => {
    g1(`IC.${i}`, point);
  });
  return key;
}

async function readIc(path: string, offset: number, count: number): Promise<Uint8Array[]> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(count * G1_BYTES), 0, count * G1_BYTES, offset);
    return Array.from(
      { length: count },
      (_, i) => new Uint8Array(buffer.subarray(i * G1_BYTES, (i + 1) * G1_BYTES)),
    );
  } finally {
    await file.close();
  }
}

/** Nested bigints as decimal strings. */
function decimals(value: unknown): unknown {
  return Array.isArray(value) ? value.map(decimals) : String(value);
}

function malformed(details: Record<string, unknown>): MillraceError {
  return new MillraceError('input', 'malformed-verification-key', 'This is not a usable verification key', {
    details,
    fix: 'Export the key again with snarkjs zkey export verificationkey.',
  });
}
