import { randomFillSync } from 'node:crypto';
import { FIELD } from '../../protocol/field.ts';
import type { SetupSecrets } from '../native/addon.ts';
import { SCALAR_BYTES } from './backend.ts';

/** The field's order, most significant byte first, for comparison without bigints (which cannot be wiped). */
const ORDER = Buffer.from(FIELD.toString(16).padStart(2 * SCALAR_BYTES, '0'), 'hex');

/** A uniform scalar in [1, r) from the system's generator: 32 bytes, little-endian. The caller wipes it. */
export function drawScalar(): Uint8Array {
  const bytes = Buffer.alloc(SCALAR_BYTES);
  for (;;) {
    randomFillSync(bytes);
    bytes[0] = (bytes[0] ?? 0) & 0x3f; // r has 254 bits, so more than 3 in 4 draws hit.
    if (bytes.compare(ORDER) < 0 && bytes.some((byte) => byte !== 0)) return new Uint8Array(bytes.reverse());
  }
}

/** Runs `use` with the secrets of a new setup and wipes them whatever happens. gamma is fixed to 1, see dev-setup.ts. */
export async function withSecrets<T>(use: (secrets: SetupSecrets) => Promise<T>): Promise<T> {
  const secrets = { tau: drawScalar(), alpha: drawScalar(), beta: drawScalar(), delta: drawScalar() };
  try {
    return await use(secrets);
  } finally {
    wipe(...Object.values(secrets));
  }
}

/** Overwrites with zeros. */
export function wipe(...arrays: readonly Uint8Array[]): void {
  for (const array of arrays) array.fill(0);
}
