import { open } from 'node:fs/promises';
import { bn254 } from '../curve.ts';
import type { VerificationKey } from '../proof.ts';
import { readVerificationKey } from '../verification-key.ts';
import { readZkeyFile } from './zkey-file.ts';
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
 * @throws {MillraceError} as {@link readZkeyFile} and {@link readVerificationKey}
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
    ...(await readVerificationKey(key)).key,
    vk_alphabeta_12: decimals(Gt.toObject(curve.pairing(alpha1, beta2))),
  };
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
