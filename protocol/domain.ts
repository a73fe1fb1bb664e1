import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, integerFromBytes, wordFromInteger } from './bytes.ts';
import { MillraceError } from './error.ts';
import { lo } from './field.ts';

const TAG = new TextEncoder().encode('Millrace v1');

/**
 * What binds signatures and batches to one rollup on one chain:
 * `keccak256(abi.encode("Millrace v1", chainId, rollup)) mod 2^248`.
 * @param rollup address of the rollup contract, `0x` and 40 hex digits of any case
 * @throws {MillraceError} `input/bad-address`
 */
export function domain(chainId: bigint, rollup: string): bigint {
  const tag = new Uint8Array(32);
  tag.set(TAG);
  // The head of abi.encode(string, uint256, address): the string's offset, then the two values; the tail: length, bytes.
  const encoded = concatBytes([
    wordFromInteger(96n),
    wordFromInteger(chainId),
    wordFromInteger(addressToInteger(rollup)),
    wordFromInteger(BigInt(TAG.length)),
    tag,
  ]);
  return lo(integerFromBytes(keccak_256(encoded)));
}

/**
 * An L1 address as the integer that the state's `owner` fields hold.
 * @throws {MillraceError} `input/bad-address`
 */
export function addressToInteger(address: string): bigint {
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) {
    throw new MillraceError('input', 'bad-address', 'This is no L1 address', {
      details: { expected: '0x and 40 hex digits', found: address },
    });
  }
  return BigInt(address);
}

/** The lower-case `0x` form of an owner's integer. @param owner below 2^160 */
export function integerToAddress(owner: bigint): string {
  return `0x${owner.toString(16).padStart(40, '0')}`;
}
