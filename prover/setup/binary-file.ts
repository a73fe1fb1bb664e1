import type { FileHandle } from 'node:fs/promises';
import type { MillraceError } from '../../protocol/error.ts';

/** Payload of a section in one of iden3's binary files. */
export interface Section {
  /** Position in the file, bytes. */
  readonly offset: number;
  readonly bytes: number;
}

export interface BinaryFormat {
  /** Four characters at the start. */
  readonly magic: string;
  readonly version: number;
  /** Makes the error for this kind of file. */
  readonly bad: (problem: string, details?: Record<string, unknown>) => MillraceError;
}

const FILE_HEADER_BYTES = 12;
const SECTION_HEADER_BYTES = 12;
const MAX_SECTIONS = 64;

/**
 * Reads the section table of an iden3 binary file (r1cs, zkey, ptau): magic, version, number of sections; then each as
 * its id (32 bits), length (64 bits) and payload; all little-endian. The file is hostile until this returns.
 *
 * @returns the sections by id: each occurs once, lies inside the file, and nothing follows the last
 * @throws what `format.bad` makes
 */
export async function readSectionTable(
  file: FileHandle,
  format: BinaryFormat,
): Promise<Map<number, Section>> {
  const { bad } = format;
  const stat = await file.stat();
  if (!stat.isFile()) throw bad('is not a file');
  const read = async (offset: number, bytes: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
    if (bytesRead < bytes) throw bad('ends early', { bytes: stat.size, wanted: offset + bytes });
    return buffer;
  };
  const start = await read(0, FILE_HEADER_BYTES);
  const magic = start.toString('latin1', 0, 4);
  if (magic !== format.magic) throw bad('is of another kind', { expected: format.magic, found: magic });
  const version = start.readUInt32LE(4);
  if (version !== format.version)
    throw bad('has an unknown version', { expected: format.version, found: version });
  const count = start.readUInt32LE(8);
  if (count > MAX_SECTIONS) throw bad('has too many sections', { most: MAX_SECTIONS, found: count });

  const sections = new Map<number, Section>();
  let position = FILE_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const head = await read(position, SECTION_HEADER_BYTES);
    const id = head.readUInt32LE(0);
    const offset = position + SECTION_HEADER_BYTES;
    const bytes = head.readBigUInt64LE(4);
    if (bytes > BigInt(stat.size - offset)) {
      throw bad('ends inside a section', { section: id, offset, sectionBytes: bytes, fileBytes: stat.size });
    }
    if (sections.has(id)) throw bad('has a section twice', { section: id });
    sections.set(id, { offset, bytes: Number(bytes) });
    position = offset + Number(bytes);
  }
  if (position !== stat.size)
    throw bad('has bytes after its last section', { offset: position, fileBytes: stat.size });
  return sections;
}
