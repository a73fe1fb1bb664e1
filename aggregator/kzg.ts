import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../protocol/bytes.ts';

/** First byte of a versioned hash (EIP-4844, `VERSIONED_HASH_VERSION_KZG`). */
const VERSION_KZG = 1;

const importKzg = () =>
  import('c-kzg').then(
    ({ default: kzg }) => {
      kzg.loadTrustedSetup(0);
      return kzg;
    },
    () => undefined,
  );
let loaded: ReturnType<typeof importKzg> | undefined;

/** c-kzg with its setup; undefined where npm could not build it: it is an optional package. */
export function loadKzg(): ReturnType<typeof importKzg> {
  loaded ??= importKzg();
  return loaded;
}

/** The versioned hash of a blob's commitment, 0x + 64 hex. */
export function versionedHashOf(commitment: Uint8Array): string {
  return toHex(Uint8Array.from([VERSION_KZG, ...sha256(commitment).slice(1)]));
}

/** Whether this is the blob with the hash; undefined where there is no c-kzg to tell. @param blob 131,072 bytes */
export async function isBlobOf(blob: Uint8Array, versionedHash: string): Promise<boolean | undefined> {
  const kzg = await loadKzg();
  if (kzg === undefined) return undefined;
  try {
    return versionedHashOf(kzg.blobToKzgCommitment(blob)) === versionedHash.toLowerCase();
  } catch {
    return false; // an element that is not below the modulus
  }
}
