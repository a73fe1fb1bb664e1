const WORD_BYTES = 32;
const WORD_BITS = 256;
const SELECTOR_BYTES = 4n;

/**
 * The calldata of a call as the contract reads them. Solidity is laxer than decoders: an offset counts modulo 2^256 and may lead back, a
 * word beyond the end is 0, and what fills up the last word of bytes may be missing. Who reads L1 has to read what L1 took.
 */
export class Calldata {
  /** Where the arguments begin. */
  readonly start = SELECTOR_BYTES;
  readonly #bytes: Uint8Array;

  /** @param bytes with the selector */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The word at a position. */
  word(position: bigint): bigint {
    const at = BigInt.asUintN(WORD_BITS, position);
    if (at >= BigInt(this.#bytes.length)) return 0n;
    const bytes = this.#bytes.subarray(Number(at), Number(at) + WORD_BYTES);
    return BigInt(
      `0x${Buffer.from(bytes)
        .toString('hex')
        .padEnd(2 * WORD_BYTES, '0')}`,
    );
  }

  /** Number `i` of the words of a tuple, or of a list's elements. */
  field(tuple: bigint, i: number): bigint {
    return this.word(tuple + BigInt(i * WORD_BYTES));
  }

  /** Where something lies that has its offset, from the tuple's start, in field `i` of the tuple. */
  tail(tuple: bigint, i: number): bigint {
    return BigInt.asUintN(WORD_BITS, tuple + this.field(tuple, i));
  }

  /**
   * Positions of the elements of a list of tuples that are of dynamic size.
   * @param position of the list
   * @throws {RangeError} if the calldata are too short for it
   */
  list(position: bigint): bigint[] {
    const count = this.word(position);
    this.#requireBytes(count * BigInt(WORD_BYTES));
    const first = position + BigInt(WORD_BYTES);
    return Array.from({ length: Number(count) }, (_, i) => this.tail(first, i));
  }

  /**
   * The content of a `bytes`.
   * @throws {RangeError} if the calldata end before
   */
  bytes(position: bigint): Uint8Array {
    const length = this.word(position);
    if (length === 0n) return new Uint8Array();
    const start = BigInt.asUintN(WORD_BITS, position + BigInt(WORD_BYTES));
    this.#requireBytes(start + length);
    return this.#bytes.subarray(Number(start), Number(start + length));
  }

  #requireBytes(count: bigint): void {
    if (count > BigInt(this.#bytes.length)) throw new RangeError(`${this.#bytes.length} bytes are too few`);
  }
}
