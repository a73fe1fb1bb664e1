import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD } from '../../protocol/field.ts';
import { refuseForgeableKey } from '../forgeable-key.ts';
import { readSectionTable, type Section } from './binary-file.ts';
import { littleEndian } from './little-endian.ts';
import { BASE_FIELD, PROTOCOL_GROTH16, ZKEY } from './zkey-sections.ts';

/** The points of a proving key that its verification key has too: affine, in the layout of files. */
export interface ZkeyPoints {
  readonly alpha1: Uint8Array;
  readonly beta1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly gamma2: Uint8Array;
  readonly delta1: Uint8Array;
  readonly delta2: Uint8Array;
}

export interface ZkeyFile {
  /** The constant wire included. */
  readonly wires: number;
  /** Without the constant wire; less than `wires`. */
  readonly publicWires: number;
  /** A power of two. */
  readonly domainSize: number;
  /** Records in the coefficient section. */
  readonly coefficients: number;
  readonly points: ZkeyPoints;
  /** Sections 1 to 10, each inside the file and as long as the sizes above say. */
  readonly sections: ReadonlyMap<number, Section>;
}

const FIELD_BYTES = 32;
const G1_BYTES = 64;
const G2_BYTES = 128;
const SIZES_AT = 2 * (4 + FIELD_BYTES);
const POINTS_AT = SIZES_AT + 3 * 4;
const HEADER_BYTES = POINTS_AT + 3 * G1_BYTES + 3 * G2_BYTES;
const COEFFICIENT_BYTES = 3 * 4 + FIELD_BYTES;
/** Circuit hash and number of contributions. */
const MIN_CONTRIBUTIONS_BYTES = 64 + 4;
const MAX_DOMAIN = 2 ** 28;

/**
 * Checks the frame of a Groth16 proving key from outside before a prover touches it: format, curve, sizes, every
 * section's length, coordinates in range, no two equal G2 points. Whether the points lie on the curve and the
 * coefficients name existing wires is for whoever reads them.
 *
 * @throws {MillraceError} `input` / `bad-zkey`; and as {@link refuseForgeableKey}
 */
export async function readZkeyFile(path: string): Promise<ZkeyFile> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw badZkey(path, 'cannot be opened', {
      reason: cause instanceof Error ? cause.message : String(cause),
    });
  }
  try {
    return await new ZkeyReader(path, file).read();
  } finally {
    await file.close();
  }
}

class ZkeyReader {
  readonly #path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  async read(): Promise<ZkeyFile> {
    const bad = (problem: string, details: Record<string, unknown> = {}) =>
      badZkey(this.#path, problem, details);
    const sections = await readSectionTable(this.#file, { magic: 'zkey', version: 1, bad });
    for (const [name, id] of Object.entries(ZKEY)) {
      if (!sections.has(id)) throw bad('lacks a section', { section: id, name });
    }
    const protocol = (await this.#payload(sections, ZKEY.protocol, 4)).readUInt32LE(0);
    if (protocol !== PROTOCOL_GROTH16) throw bad('is not for Groth16', { protocol });
    const header = await this.#payload(sections, ZKEY.header, HEADER_BYTES);
    this.#checkField(header.subarray(0, 4 + FIELD_BYTES), BASE_FIELD);
    this.#checkField(header.subarray(4 + FIELD_BYTES, SIZES_AT), FIELD);
    const [wires = 0, publicWires = 0, domainSize = 0] = [0, 4, 8].map((at) =>
      header.readUInt32LE(SIZES_AT + at),
    );
    if (publicWires >= wires) throw bad('has more public signals than wires', { wires, publicWires });
    if (domainSize < 2 || domainSize > MAX_DOMAIN || !Number.isInteger(Math.log2(domainSize))) {
      throw bad('has a domain that is not a power of two in range', { domainSize });
    }
    const coefficients = this.#checkLengths(sections, { wires, publicWires, domainSize });
    const counted = await this.#file.read(
      Buffer.alloc(4),
      0,
      4,
      sections.get(ZKEY.coefficients)?.offset ?? 0,
    );
    if (counted.buffer.readUInt32LE(0) !== coefficients) {
      throw bad('has a coefficient section of a wrong length', {
        coefficients: counted.buffer.readUInt32LE(0),
      });
    }
    const points = this.#points(header);
    return { wires, publicWires, domainSize, coefficients, points, sections };
  }

  /** Checks every section against the header's sizes; returns how many coefficients fit into theirs. */
  #checkLengths(
    sections: ReadonlyMap<number, Section>,
    { wires, publicWires, domainSize }: Pick<ZkeyFile, 'wires' | 'publicWires' | 'domainSize'>,
  ): number {
    const expected: readonly (readonly [number, number])[] = [
      [ZKEY.ic, (publicWires + 1) * G1_BYTES],
      [ZKEY.a, wires * G1_BYTES],
      [ZKEY.b1, wires * G1_BYTES],
      [ZKEY.b2, wires * G2_BYTES],
      [ZKEY.l, (wires - publicWires - 1) * G1_BYTES],
      [ZKEY.h, domainSize * G1_BYTES],
    ];
    for (const [section, bytes] of expected) {
      const found = sections.get(section)?.bytes ?? 0;
      if (found !== bytes)
        throw badZkey(this.#path, 'has a section of a wrong length', { section, expected: bytes, found });
    }
    if ((sections.get(ZKEY.contributions)?.bytes ?? 0) < MIN_CONTRIBUTIONS_BYTES) {
      throw badZkey(this.#path, 'has a contribution section that is too short', {
        least: MIN_CONTRIBUTIONS_BYTES,
      });
    }
    const coefficients = ((sections.get(ZKEY.coefficients)?.bytes ?? 0) - 4) / COEFFICIENT_BYTES;
    if (!Number.isInteger(coefficients) || coefficients < 0) {
      throw badZkey(this.#path, 'has a coefficient section of a wrong length', {
        recordBytes: COEFFICIENT_BYTES,
      });
    }
    return coefficients;
  }

  #checkField(bytes: Buffer, expected: bigint): void {
    const prime = littleEndian(bytes.subarray(4));
    if (bytes.readUInt32LE(0) === FIELD_BYTES && prime === expected) return;
    throw badZkey(this.#path, 'is not for BN254', { expected, found: prime });
  }

  #points(header: Buffer): ZkeyPoints {
    let at = POINTS_AT;
    const take = (name: string, bytes: number): Uint8Array => {
      const point = new Uint8Array(header.subarray(at, at + bytes));
      at += bytes;
      for (let i = 0; i < bytes; i += FIELD_BYTES) {
        if (littleEndian(point.subarray(i, i + FIELD_BYTES)) < BASE_FIELD) continue;
        throw badZkey(this.#path, 'has a coordinate that is not below the prime', { point: name });
      }
      return point;
    };
    const points = {
      alpha1: take('alpha1', G1_BYTES),
      beta1: take('beta1', G1_BYTES),
      beta2: take('beta2', G2_BYTES),
      gamma2: take('gamma2', G2_BYTES),
      delta1: take('delta1', G1_BYTES),
      delta2: take('delta2', G2_BYTES),
    };
    const { beta2: beta, gamma2: gamma, delta2: delta } = points;
    refuseForgeableKey({ beta, gamma, delta }, { file: this.#path });
    return points;
  }

  async #payload(sections: ReadonlyMap<number, Section>, id: number, bytes: number): Promise<Buffer> {
    const section = sections.get(id);
    if (section?.bytes !== bytes) {
      throw badZkey(this.#path, 'has a section of a wrong length', {
        section: id,
        expected: bytes,
        found: section?.bytes,
      });
    }
    return (await this.#file.read(Buffer.alloc(bytes), 0, bytes, section.offset)).buffer;
  }
}

function badZkey(path: string, problem: string, details: Record<string, unknown>): MillraceError {
  return new MillraceError('input', 'bad-zkey', `The proving key ${problem}`, {
    details: { file: path, ...details },
    fix: 'Make the key again, or fetch it again: it is damaged, or not a Groth16 key for BN254.',
  });
}
