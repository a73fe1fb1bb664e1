import { SCALAR_BYTES } from './backend.ts';

/** The unsigned integer of the bytes, the least significant first. */
export function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** An integer below 2^(8 bytes) as `bytes` bytes, the least significant first. */
export function toLittleEndian(value: bigint, bytes: number): Uint8Array {
  return Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex').reverse();
}

/** Numbers as 32 bits each. */
export function uint32(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value, 4 * i);
  });
  return bytes;
}

/** Scalars as the backends take them. */
export function packScalars(values: readonly bigint[]): Uint8Array {
  const packed = new Uint8Array(values.length * SCALAR_BYTES);
  values.forEach((value, i) => {
    packed.set(toLittleEndian(value, SCALAR_BYTES), i * SCALAR_BYTES);
  });
  return packed;
}
