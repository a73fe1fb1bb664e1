import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD } from '../../protocol/field.ts';
import type { CircuitLayout } from '../native/addon.ts';
import { readSectionTable } from './binary-file.ts';
import { littleEndian } from './little-endian.ts';

/** Bytes of the header section for a 32-byte field: field size, prime, four counts, labels (64 bits), constraints. */
const HEADER_BYTES = 4 + 32 + 4 * 4 + 8 + 4;
/** A wire's label. */
const WIRE_MAP_BYTES = 8;
/** The three counts of an empty constraint. */
const MIN_CONSTRAINT_BYTES = 12;
/** The scalar field has 2^28-th roots of unity; the H points need roots of twice the domain's order. */
const MAX_DOMAIN_POWER = 27;

/**
 * Reads where the constraints are in an r1cs file and how large the circuit is (iden3's r1cs binary format, version 1:
 * https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md). The constraints themselves are not read.
 *
 * @throws {MillraceError} `input` / `bad-r1cs`, also for another field than BN254's, for custom gates, and for circuits
 *   that are too large.
 */
export async function readR1csHeader(path: string): Promise<CircuitLayout> {
  const bad = (problem: string, details: Record<string, unknown> = {}): MillraceError =>
    badR1cs(path, problem, details);
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw bad('cannot be opened', { reason: cause instanceof Error ? cause.message : String(cause) });
  }
  try {
    const sections = await readSectionTable(file, { magic: 'r1cs', version: 1, bad });
    if (sections.has(4) || sections.has(5)) throw bad('uses custom gates, which Groth16 does not have');
    const header = sections.get(1);
    const constraintSection = sections.get(2);
    const wireMap = sections.get(3);
    if (header === undefined || constraintSection === undefined || wireMap === undefined) {
      throw bad('lacks its header, its constraints or its wire map');
    }
    if (header.bytes !== HEADER_BYTES) {
      throw bad('has a header of a wrong length', { expected: HEADER_BYTES, found: header.bytes });
    }
    const { buffer: head } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, header.offset);
    const prime = littleEndian(head.subarray(4, 36));
    if (head.readUInt32LE(0) !== 32 || prime !== FIELD) {
      throw bad('is not over the scalar field of BN254', { prime });
    }
    const [wires = 0, outputs = 0, publicInputs = 0] = [36, 40, 44].map((at) => head.readUInt32LE(at));
    const constraints = head.readUInt32LE(60);
    const publicWires = outputs + publicInputs;
    if (publicWires >= wires) throw bad('has more public signals than wires', { wires, publicWires });
    // The sizes decide how much memory is taken: hold them against what is really there.
    if (wireMap.bytes !== WIRE_MAP_BYTES * wires) throw bad('has a wire map of a wrong length', { wires });
    if (constraintSection.bytes < MIN_CONSTRAINT_BYTES * constraints) {
      throw bad('ends early', { constraints });
    }
    const rows = constraints + publicWires + 1;
    const domainPower = Math.max(1, Math.ceil(Math.log2(rows)));
    if (domainPower > MAX_DOMAIN_POWER) throw bad('is too large', { rows, most: 2 ** MAX_DOMAIN_POWER });
    return {
      r1csPath: path,
      constraintsOffset: constraintSection.offset,
      constraintsBytes: constraintSection.bytes,
      wires,
      publicWires,
      constraints,
      domainPower,
    };
  } finally {
    await file.close();
  }
}

/** The error for whatever is wrong with an r1cs file. */
export function badR1cs(path: string, problem: string, details: Record<string, unknown> = {}): MillraceError {
  return new MillraceError('input', 'bad-r1cs', `The r1cs file ${problem}`, {
    details: { file: path, ...details },
    fix: 'Compile the circuit again with circom, for the bn128 prime.',
  });
}
