import type { FileHandle } from 'node:fs/promises';
import { uint32 } from './little-endian.ts';

/** Writes one of iden3's binary files section by section; lengths are filled in when a section ends. */
export class SectionWriter {
  readonly #file: FileHandle;
  #position = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * @param file open for writing, empty
   * @param magic four characters
   * @param sections how many will follow
   */
  static async start(
    file: FileHandle,
    magic: string,
    version: number,
    sections: number,
  ): Promise<SectionWriter> {
    const writer = new SectionWriter(file);
    await writer.append(Buffer.from(magic, 'latin1'));
    await writer.append(uint32(version, sections));
    return writer;
  }

  /** Number of the file, for who writes a payload at {@link position} directly and then calls {@link skip}. */
  get fd(): number {
    return this.#file.fd;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#position;
  }

  skip(bytes: number): void {
    this.#position += bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#position);
      done += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  /** One section, whose payload `write` appends. */
  async section(id: number, write: () => Promise<void>): Promise<void> {
    await this.append(uint32(id));
    const lengthAt = this.#position;
    await this.append(new Uint8Array(8));
    const start = this.#position;
    await write();
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(this.#position - start));
    await this.#file.write(length, 0, length.length, lengthAt);
  }
}
