import type { Redis } from 'ioredis';
import type { PackedInput } from './witness-input.ts';

/** How long an input may lie in Redis unused, seconds; the dispatcher stores it again when it is needed later. */
const INPUT_TTL_SECONDS = 7 * 24 * 3600;

/** The Redis key of a packed witness input: its address is its hash. */
export function inputKey(hash: string): string {
  return `millrace:input:${hash}`;
}

export async function storeInput(redis: Redis, input: PackedInput): Promise<void> {
  await redis.set(inputKey(input.hash), Buffer.from(input.bytes), 'EX', INPUT_TTL_SECONDS);
}

export async function loadInput(redis: Redis, hash: string): Promise<Uint8Array | undefined> {
  return (await redis.getBuffer(inputKey(hash))) ?? undefined;
}
