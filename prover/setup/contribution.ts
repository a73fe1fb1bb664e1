import { createHash } from 'node:crypto';
import { ChaCha, type WasmCurveGroup } from 'ffjavascript';
import { bn254 } from '../curve.ts';
import { POINT_BYTES } from './backend.ts';
import { uint32 } from './little-endian.ts';
import { drawScalar, wipe } from './secrets.ts';

/** Named in the key, where `snarkjs zkey verify` shows it. At most 64 bytes. */
const CONTRIBUTION_NAME = 'Millrace dev setup: one party knew every secret';
const TYPE_PLAIN = 0;
const PARAMETER_NAME = 1;

/**
 * The payload of a zkey's section 10 with one contribution, as snarkjs's `zkey contribute` makes it: delta was 1 and is
 * now `delta`, with a proof of knowledge of it (Bowe, Gabizon, Miers, https://eprint.iacr.org/2017/1050, section 3).
 *
 * @param circuitHash 64 bytes, the hash of the key before the contribution
 * @param delta 32 bytes, little-endian; not kept
 * @param deltaG1 delta times the generator, in the layout of files
 */
export async function firstContribution(
  circuitHash: Uint8Array,
  delta: Uint8Array,
  deltaG1: Uint8Array,
): Promise<Uint8Array> {
  const { G1, G2 } = await bn254();
  const blinding = drawScalar();
  const s = G1.toAffine(G1.timesScalar(G1.g, blinding));
  const sx = G1.toAffine(G1.timesScalar(s, delta));
  const transcript = createHash('blake2b512')
    .update(circuitHash)
    .update(bigEndian(G1, s))
    .update(bigEndian(G1, sx))
    .digest();
  const challenge = G2.toAffine(hashToG2(G2, transcript));
  const proof = G2.toAffine(G2.timesScalar(challenge, delta));
  // The curve's memory still holds the last scalar.
  wipe(blinding);
  G1.timesScalar(G1.g, blinding);

  const name = Buffer.from(CONTRIBUTION_NAME);
  return Buffer.concat([
    circuitHash,
    uint32(1),
    deltaG1,
    s,
    sx,
    proof,
    transcript,
    uint32(TYPE_PLAIN, 2 + name.length),
    Buffer.from([PARAMETER_NAME, name.length]),
    name,
  ]);
}

/** snarkjs's hash to G2: the first eight words seed ChaCha20, which draws a point. */
function hashToG2(G2: WasmCurveGroup, hash: Buffer): Uint8Array {
  const seed = Array.from({ length: 8 }, (_, i) => hash.readUInt32BE(4 * i));
  return G2.fromRng(new ChaCha(seed));
}

function bigEndian(G1: WasmCurveGroup, point: Uint8Array): Uint8Array {
  const out = new Uint8Array(POINT_BYTES[1]);
  G1.toRprUncompressed(out, 0, point);
  return out;
}
