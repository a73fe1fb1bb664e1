import { integerFromBytes } from './bytes.ts';
import { MillraceError } from './error.ts';

const COUNT_BYTES = 2;

/** Reads big-endian integers of batch data one after the other and says where it stopped. */
export class DataReader {
  readonly #data: Uint8Array;
  readonly #section: string;
  #offset = 0;

  /** @param section of docs/protocol.md that defines the data, for the error */
  constructor(data: Uint8Array, section: string) {
    this.#data = data;
    this.#section = section;
  }

  /** @throws {MillraceError} `input/bad-data` where the data end before */
  integer(bytes: number): bigint {
    const end = this.#offset + bytes;
    if (end > this.#data.length) throw this.error(`${bytes} more bytes`, this.#data.length - this.#offset);
    const integer = integerFromBytes(this.#data.subarray(this.#offset, end));
    this.#offset = end;
    return integer;
  }

  /** A number of two bytes. @throws {MillraceError} `input/bad-data` above `limit` */
  count(what: string, limit: number): number {
    const count = Number(this.integer(COUNT_BYTES));
    if (count > limit) throw this.error(`${what}: at most ${limit}`, count);
    return count;
  }

  /** @throws {MillraceError} `input/bad-data` unless all is read */
  end(): void {
    if (this.#offset !== this.#data.length) throw this.error('the end', this.#data.length - this.#offset);
  }

  /** The error that says what should stand here. */
  error(expected: string, found: string | number): MillraceError {
    return new MillraceError('input', 'bad-data', `Batch data break the format at byte ${this.#offset}`, {
      details: { offset: this.#offset, expected, found },
      fix: `Compare the bytes with docs/protocol.md, ${this.#section}, and with the transaction on L1.`,
    });
  }
}
