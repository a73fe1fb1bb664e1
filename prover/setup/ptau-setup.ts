import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { curves, powersOfTau, zKey } from 'snarkjs';
import { MillraceError } from '../../protocol/error.ts';
import { hashFile } from '../artifacts/file-hash.ts';
import type { KeySetup } from '../artifacts/key-setup.ts';
import { readSectionTable } from './binary-file.ts';
import { readR1csHeader } from './r1cs-header.ts';

const PTAU_VERSION = 1;
/** Sections of a ptau file (snarkjs's `powersoftau_utils.js`): the header, and the Lagrange bases that phase 2 needs. */
const HEADER = 1;
const LAGRANGE = [12, 13, 14, 15];
/** Of the header: field size, prime, power, power of the ceremony. */
const HEADER_BYTES = 4 + 32 + 4 + 4;
const POWER_OFFSET = 4 + 32;

/**
 * A setup from a ceremony's powers of tau, with one contribution to phase 2 whose secret is drawn here and
 * forgotten. Proofs can be forged only if every contributor of the ceremony colluded, or this machine
 * kept the secret. The ceremony's file is verified in full, which takes minutes for a large one.
 *
 * @param ptau prepared for phase 2 (`snarkjs powersoftau prepare phase2`)
 * @throws {MillraceError} `input/bad-ptau`; `makeKey` also throws `input/ptau-too-small`, `refused/ptau-invalid`
 */
export async function ptauSetup(ptau: string): Promise<KeySetup> {
  const power = await readPtauPower(ptau);
  const { sha256 } = await hashFile(ptau);
  return {
    identity: `ptau-${sha256}`,
    async makeKey({ r1cs, zkey, report }) {
      await assertLargeEnough(ptau, power, r1cs);
      const initial = `${zkey}.initial`;
      const curve = await curves.getCurveFromName('bn128');
      try {
        if (!(await powersOfTau.verify(ptau))) throw invalidPtau(ptau);
        report(0.4);
        if ((await zKey.newZKey(r1cs, ptau, initial)) === -1) throw invalidPtau(ptau);
        report(0.9);
        await zKey.contribute(initial, zkey, 'Millrace setup', randomBytes(64).toString('hex'));
      } finally {
        await curve.terminate();
        await rm(initial, { force: true });
      }
      return { kind: 'ptau', backend: 'snarkjs', createdAt: new Date().toISOString(), ptauSha256: sha256 };
    },
  };
}

/** @throws {MillraceError} `input/ptau-too-small` if the circuit's domain has more rows than the file has powers */
export async function assertLargeEnough(ptau: string, power: number, r1cs: string): Promise<void> {
  const { domainPower } = await readR1csHeader(r1cs);
  if (power >= domainPower) return;
  throw new MillraceError('input', 'ptau-too-small', 'The ptau file is too small for the circuit', {
    details: { file: ptau, power, needed: domainPower },
    fix: `Take a file of a ceremony with at least 2^${domainPower} powers.`,
  });
}

/**
 * Base-2 logarithm of the number of powers in the file.
 * @throws {MillraceError} `input/bad-ptau`
 */
export async function readPtauPower(path: string): Promise<number> {
  const bad = (problem: string, details: Record<string, unknown> = {}): MillraceError =>
    new MillraceError('input', 'bad-ptau', `The ptau file ${problem}`, {
      details: { file: path, ...details },
      fix: 'Download the file again; it has to be of bn128 and prepared for phase 2.',
    });
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw bad('cannot be opened', { reason: cause instanceof Error ? cause.message : String(cause) });
  }
  try {
    const sections = await readSectionTable(file, { magic: 'ptau', version: PTAU_VERSION, bad });
    const header = sections.get(HEADER);
    if (header?.bytes !== HEADER_BYTES) throw bad('has no header for bn128');
    if (!LAGRANGE.every((id) => sections.has(id))) throw bad('is not prepared for phase 2');
    const { buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, header.offset);
    return buffer.readUInt32LE(POWER_OFFSET);
  } finally {
    await file.close();
  }
}

/** The ptau file does not verify, or not together with the circuit. */
export function invalidPtau(path: string): MillraceError {
  return new MillraceError('refused', 'ptau-invalid', 'The ptau file does not verify', {
    details: { file: path },
    fix: 'See `npx snarkjs powersoftau verify FILE`; take the file of a public ceremony.',
  });
}
