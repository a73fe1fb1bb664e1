import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '../protocol/error.ts';
import { FIELD } from '../protocol/field.ts';

/**
 * iden3's binary witness file, version 2: `wtns`, version, section count; section 1: bytes of a value, the field's order,
 * number of values; section 2: the values, little-endian. Integers are 32 bits, section lengths 64, little-endian.
 */
export interface WtnsHeader {
  /** Number of values, the leading 1 included: the circuit's number of wires. */
  readonly witnessCount: number;
  /** Position of the first value in the file, bytes. */
  readonly valuesOffset: number;
}

/** Bytes of one value in BN254's field. */
export const VALUE_BYTES = 32;

const FILE_HEADER_BYTES = 12;
const SECTION_HEADER_BYTES = 12;
const HEADER_SECTION_BYTES = 4 + VALUE_BYTES + 4;
const CHUNK_VALUES = 1 << 15;
/** The field's order as eight 32-bit limbs, lowest first. */
const FIELD_LIMBS = Array.from({ length: 8 }, (_, i) => Number((FIELD >> BigInt(32 * i)) & 0xffffffffn));

/**
 * Checks a witness from outside in full: format, field, section lengths against the real size, every value below r.
 *
 * @param wtns the file's path, or its bytes
 * @throws {MillraceError} `input` / `bad-witness-file`, saying what is wrong and where.
 */
export async function checkWtns(wtns: string | Uint8Array): Promise<WtnsHeader> {
  if (typeof wtns !== 'string') {
    const read = async (offset: number, length: number): Promise<Buffer> =>
      Buffer.from(wtns.buffer, wtns.byteOffset, wtns.byteLength).subarray(offset, offset + length);
    return check('memory', wtns.byteLength, read);
  }
  let handle: FileHandle;
  try {
    handle = await open(wtns, 'r');
  } catch (cause) {
    throw bad(wtns, 'cannot be opened', { reason: cause instanceof Error ? cause.message : String(cause) });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw bad(wtns, 'is not a file', {});
    return await check(wtns, stat.size, async (offset, length) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await handle.close();
  }
}

type Read = (offset: number, length: number) => Promise<Buffer>;

async function check(name: string, size: number, read: Read): Promise<WtnsHeader> {
  const start = await read(0, FILE_HEADER_BYTES);
  if (start.length < FILE_HEADER_BYTES) throw bad(name, 'is too short', { bytes: size });
  if (start.toString('latin1', 0, 4) !== 'wtns')
    throw bad(name, 'is not a witness file', { expected: 'wtns' });
  const version = start.readUInt32LE(4);
  if (version !== 2) throw bad(name, 'has an unknown version', { expected: 2, found: version });
  const sections = await sectionTable(name, size, start.readUInt32LE(8), read);

  const head = await read(sections.header.offset, HEADER_SECTION_BYTES);
  const valueBytes = head.readUInt32LE(0);
  if (valueBytes !== VALUE_BYTES) throw bad(name, 'is not for BN254', { bytesPerValue: valueBytes });
  const order = littleEndian(head.subarray(4, 4 + VALUE_BYTES));
  if (order !== FIELD) throw bad(name, 'is not for BN254', { expected: FIELD, found: order });
  const witnessCount = head.readUInt32LE(4 + VALUE_BYTES);
  if (witnessCount === 0 || sections.values.length !== witnessCount * VALUE_BYTES) {
    throw bad(name, 'has a wrong number of values', {
      values: witnessCount,
      sectionBytes: sections.values.length,
    });
  }
  await checkValues(name, witnessCount, sections.values.offset, read);
  return { witnessCount, valuesOffset: sections.values.offset };
}

interface Section {
  readonly offset: number;
  readonly length: number;
}

async function sectionTable(
  name: string,
  size: number,
  count: number,
  read: Read,
): Promise<{ header: Section; values: Section }> {
  if (count !== 2) throw bad(name, 'has a wrong number of sections', { expected: 2, found: count });
  const found = new Map<number, Section>();
  let position = FILE_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const head = await read(position, SECTION_HEADER_BYTES);
    if (head.length < SECTION_HEADER_BYTES) throw bad(name, 'ends in a section header', { offset: position });
    const offset = position + SECTION_HEADER_BYTES;
    const length = head.readBigUInt64LE(4);
    if (length > BigInt(size - offset))
      throw bad(name, 'ends inside a section', { offset, sectionBytes: length });
    found.set(head.readUInt32LE(0), { offset, length: Number(length) });
    position = offset + Number(length);
  }
  if (position !== size)
    throw bad(name, 'has bytes after its last section', { offset: position, bytes: size });
  const header = found.get(1);
  const values = found.get(2);
  if (header === undefined || values === undefined) throw bad(name, 'lacks a section', { expected: [1, 2] });
  if (header.length !== HEADER_SECTION_BYTES)
    throw bad(name, 'is not for BN254', { headerBytes: header.length });
  return { header, values };
}

async function checkValues(name: string, count: number, offset: number, read: Read): Promise<void> {
  for (let first = 0; first < count; first += CHUNK_VALUES) {
    const values = Math.min(CHUNK_VALUES, count - first);
    const chunk = await read(offset + first * VALUE_BYTES, values * VALUE_BYTES);
    if (chunk.length !== values * VALUE_BYTES) throw bad(name, 'became shorter while it was read', {});
    for (let i = 0; i < values; i++) {
      if (isBelowField(chunk, i * VALUE_BYTES)) continue;
      throw bad(name, 'has a value that is not below r', { index: first + i, bound: FIELD });
    }
    if (first === 0 && littleEndian(chunk.subarray(0, VALUE_BYTES)) !== 1n) {
      throw bad(name, 'does not begin with the constant 1', { index: 0 });
    }
  }
}

function isBelowField(chunk: Buffer, offset: number): boolean {
  for (let limb = 7; limb >= 0; limb--) {
    const value = chunk.readUInt32LE(offset + 4 * limb);
    const bound = FIELD_LIMBS[limb] ?? 0;
    if (value !== bound) return value < bound;
  }
  return false;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function bad(name: string, problem: string, details: Record<string, unknown>): MillraceError {
  return new MillraceError('input', 'bad-witness-file', `The witness ${problem}`, {
    details: { file: name, ...details },
    fix: 'Calculate the witness again, with the circuit that the proving key belongs to.',
  });
}
