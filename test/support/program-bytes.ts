import { createHash } from 'node:crypto';

const HASH_AT = 40;
const BODY_AT = 72;

/**
 * A witness program file with another body, and the checksum of that.
 *
 * @param change is given a copy of the body, which it may return
 */
export function withBody(file: Buffer, change: (body: Buffer) => Buffer): Buffer {
  const copy = Buffer.from(file);
  const body = copy.subarray(BODY_AT);
  return rehashed(Buffer.concat([copy.subarray(0, BODY_AT), change(body)]));
}

/** The file with the checksum of its body as it is. */
export function rehashed(file: Buffer): Buffer {
  const bytes = Buffer.from(file);
  if (bytes.length > BODY_AT)
    createHash('sha256').update(bytes.subarray(BODY_AT)).digest().copy(bytes, HASH_AT);
  return bytes;
}
