import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, toHex, wordFromInteger } from './bytes.ts';
import { NO_PAYOUTS, payoutsOf, payoutsRoot } from './payouts.ts';
import { challenge, decodeData, evaluate } from './public-data.ts';
import type { Shape } from './shape.ts';
import { type BatchContent, fromVector, toHead } from './vector.ts';

/** What the contract keeps a hash of for each committed batch (docs/protocol.md, section 5). */
export interface BatchHeader {
  readonly number: number;
  /** Shape id. */
  readonly shape: number;
  /** Block time of the commit, seconds. */
  readonly committedAt: number;
  /** Id of the first L1 op that is not consumed after this batch. */
  readonly l1End: number;
  readonly newRoot: bigint;
  readonly c: bigint;
  readonly z: bigint;
  readonly y: bigint;
  /** `0x` and 64 digits. */
  readonly payoutsRoot: string;
}

/** A batch as it is handed to the contract. */
export interface BatchInput {
  /** Shape id. */
  readonly shape: number;
  readonly newRoot: bigint;
  readonly c: bigint;
  /** docs/protocol.md, section 3.3. */
  readonly data: Uint8Array;
}

/** The hash of the genesis header's parent, which does not exist. */
export const NO_PARENT = NO_PAYOUTS;

/** Header of the state before the first batch. */
export function genesisHeader(newRoot: bigint): BatchHeader {
  const zeros = { number: 0, shape: 0, committedAt: 0, l1End: 0, c: 0n, z: 0n, y: 0n };
  return { ...zeros, newRoot, payoutsRoot: NO_PAYOUTS };
}

/** `keccak256(abi.encode(parentHash, header))`, `0x` and 64 digits. */
export function headerHash(header: BatchHeader, parentHash: string): string {
  const { number, shape, committedAt, l1End, newRoot, c, z, y } = header;
  const words = [parentHash, number, shape, committedAt, l1End, newRoot, c, z, y, header.payoutsRoot];
  return toHex(keccak_256(concatBytes(words.map((word) => wordFromInteger(BigInt(word))))));
}

/**
 * The content that the data describe, without the places that it does not use, and the header that the contract makes of it.
 *
 * @param parent header of the batch before
 * @param shape the one of `input.shape`
 * @param committedAt block time, seconds
 * @throws {MillraceError} `input/bad-data`, `input/bad-l1-op` for what the contract does not take
 */
export function readCommitted(
  input: BatchInput,
  parent: BatchHeader,
  { shape, domain, committedAt }: { shape: Shape; domain: bigint; committedAt: number },
): { header: BatchHeader; content: BatchContent } {
  const { newRoot, c, data } = input;
  const number = parent.number + 1;
  const head = toHead({ domain, number, oldRoot: parent.newRoot, newRoot });
  const { d, counts } = decodeData(data, shape, head);
  const whole = fromVector(d, shape);
  const content = { ...whole, l1: whole.l1.slice(0, counts.l1), l2: whole.l2.slice(0, counts.l2) };
  const z = challenge(c, input.shape, d, data);
  const header = {
    number,
    shape: input.shape,
    committedAt,
    l1End: parent.l1End + counts.l1,
    newRoot,
    c,
    z,
    y: evaluate(d, z),
    payoutsRoot: payoutsRoot(payoutsOf(content)),
  };
  return { header, content };
}
