import { getBytes, hexlify } from 'ethers';
import type { ContractArtifact } from './contract-artifacts.ts';

/** A word of an immutable, bytes. */
const WORD = 32;

/**
 * What tells the code at an address from that of a compiled contract; undefined if nothing does. Of the immutables' places,
 * which the constructor filled, those of one immutable have to hold the same value, and all values have to be the given ones.
 *
 * @param code as `eth_getCode` answers, 0x hex
 * @param immutables the values in any order: 32 bytes each, 0x hex
 */
export function codeDifference(
  { deployedBytecode, immutables: places }: Pick<ContractArtifact, 'deployedBytecode' | 'immutables'>,
  code: string,
  immutables: readonly string[],
): string | undefined {
  const expected = getBytes(deployedBytecode);
  const found = getBytes(code);
  if (found.length === 0) return 'there is no contract';
  if (found.length !== expected.length) return `${found.length} bytes of code, expected ${expected.length}`;
  const values: string[] = [];
  const masked = Uint8Array.from(found);
  for (const group of places) {
    const words = group.map(({ start, length }) => hexlify(found.subarray(start, start + length)));
    const odd = words.findIndex((word) => word !== words[0]);
    if (odd > 0) return `byte ${group[odd]!.start}: one immutable is ${words[0]} and ${words[odd]}`;
    values.push(words[0]!);
    for (const { start, length } of group) masked.fill(0, start, start + length);
  }
  const at = masked.findIndex((byte, place) => byte !== expected[place]);
  if (at >= 0) return `byte ${at} is ${hexByte(masked[at])}, expected ${hexByte(expected[at])}`;
  const left = values.sort();
  const right = immutables.map((value) => value.toLowerCase()).sort();
  const other = left.findIndex((value, place) => value !== right[place]);
  if (other >= 0 || left.length !== right.length) {
    return `immutable ${left[other] ?? right[left.length]} is not one that the deployment gave`;
  }
  return undefined;
}

/** The 32-byte words of ABI-encoded static values. @param encoded 0x hex */
export function wordsOf(encoded: string): string[] {
  const bytes = getBytes(encoded);
  return Array.from({ length: bytes.length / WORD }, (_, i) =>
    hexlify(bytes.subarray(WORD * i, WORD * (i + 1))),
  );
}

function hexByte(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
}
