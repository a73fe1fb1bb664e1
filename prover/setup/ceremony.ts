import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { curves, powersOfTau, zKey } from 'snarkjs';
import { canonicalJson } from '../../protocol/canonical-json.ts';
import { MillraceError } from '../../protocol/error.ts';
import { type Circuit, circuitSourceHash } from '../artifacts/circuit-sources.ts';
import { compileCircuit, r1csFile } from '../artifacts/compile-circuit.ts';
import { hashFile, hashText } from '../artifacts/file-hash.ts';
import type { KeySetup } from '../artifacts/key-setup.ts';
import {
  type CeremonyStep,
  fileOf,
  readTranscript,
  type Transcript,
  writeTranscript,
} from './ceremony-transcript.ts';
import { assertLargeEnough, invalidPtau, readPtauPower } from './ptau-setup.ts';
import { readContributions, type ZkeyContribution } from './zkey-contributions.ts';

/** Where a ceremony is, and for which circuit. */
export interface CeremonyPlace {
  readonly folder: string;
  readonly circuit: Circuit;
  /** Folder of compiled circuits. */
  readonly cache: string;
}

/**
 * Begins the phase 2 of a circuit: the key that anyone can make from the circuit and the powers of tau, with which anyone
 * forges until somebody contributes.
 *
 * @param ptau prepared for phase 2
 * @throws {MillraceError} `refused/ceremony-exists`, `input/bad-ptau`, `input/ptau-too-small`, `refused/ptau-invalid`
 */
export async function beginCeremony(place: CeremonyPlace, ptau: string): Promise<Transcript> {
  const { folder, circuit } = place;
  await mkdir(folder, { recursive: true });
  if ((await readTranscript(folder).catch(() => undefined)) !== undefined) {
    throw new MillraceError('refused', 'ceremony-exists', 'There is a ceremony in this folder', {
      details: { folder },
      fix: 'Name another folder.',
    });
  }
  const power = await readPtauPower(ptau);
  const compiled = await compileCircuit(circuit, place.cache);
  const r1cs = r1csFile(compiled);
  await assertLargeEnough(ptau, power, r1cs);
  const first = join(folder, fileOf(0));
  await withCurve(async () => {
    if (!(await powersOfTau.verify(ptau))) throw invalidPtau(ptau);
    if ((await zKey.newZKey(r1cs, ptau, first)) === -1) throw invalidPtau(ptau);
  });
  const transcript: Transcript = {
    format: 'millrace-ceremony-1',
    circuit: circuit.name,
    sourceHash: compiled.sourceHash,
    r1csSha256: (await hashFile(r1cs)).sha256,
    ptauSha256: (await hashFile(ptau)).sha256,
    steps: [await stepOf(folder, 0, { kind: 'initial', name: '', contributionHash: '' })],
  };
  await writeTranscript(folder, transcript);
  return transcript;
}

/**
 * Adds a contribution whose secret is drawn by the operating system, goes to no file, and is gone with the process.
 *
 * @param name of the contributor, at most 64 bytes
 * @returns its step, with the hash that the contributor keeps and publishes
 * @throws {MillraceError} `input/no-ceremony`, `input/bad-ceremony`, `refused/ceremony-invalid`, `refused/ceremony-closed`
 */
export async function contribute(folder: string, name: string): Promise<CeremonyStep> {
  return await addStep(folder, 'contribution', (old, made) =>
    zKey.contribute(old, made, name, randomBytes(64).toString('hex')),
  );
}

/**
 * Ends a ceremony with a public random value that nobody could know or choose when the last contribution was made: it takes
 * from the last contributor the choice between outcomes.
 *
 * @param value an even number of hex digits, at most 510
 * @param iterationsExponent the value is hashed 2^this times, 10 to 63
 * @throws {MillraceError} as {@link contribute}, and `input/bad-beacon`
 */
export async function applyBeacon(
  folder: string,
  value: string,
  iterationsExponent: number,
): Promise<CeremonyStep> {
  const isExponent =
    Number.isInteger(iterationsExponent) && iterationsExponent >= 10 && iterationsExponent <= 63;
  if (!isExponent || !/^([0-9a-f]{2}){1,255}$/.test(value)) {
    throw new MillraceError('input', 'bad-beacon', 'This is not a beacon', {
      details: { value, iterationsExponent },
      fix: 'Give the value in lower-case hex, at most 255 bytes, and an exponent from 10 to 63.',
    });
  }
  return await addStep(folder, 'beacon', (old, made) =>
    zKey.beacon(old, made, 'beacon', value, iterationsExponent),
  );
}

/**
 * Verifies a ceremony from its end: the circuit is the repository's, the powers of tau hold, and the last key follows from
 * the two by exactly the contributions of the transcript, at least one of which is not a beacon. The keys in between need
 * not be there; those that are there have to be the transcript's.
 *
 * @returns the transcript, and the setup that installs the last key
 * @throws {MillraceError} `refused/ceremony-invalid` with what does not hold; `input/bad-ptau`, `refused/ptau-invalid`;
 *   as {@link readTranscript}
 */
export async function verifyCeremony(
  place: CeremonyPlace,
  ptau: string,
): Promise<{ transcript: Transcript; setup: KeySetup }> {
  const { folder, circuit, cache } = place;
  const transcript = await readTranscript(folder);
  assertSame('circuit', transcript, circuit.name);
  assertSame('sourceHash', transcript, await circuitSourceHash(circuit));
  await readPtauPower(ptau);
  assertSame('ptauSha256', transcript, (await hashFile(ptau)).sha256);
  const r1cs = r1csFile(await compileCircuit(circuit, cache));
  assertSame('r1csSha256', transcript, (await hashFile(r1cs)).sha256);
  const last = join(folder, transcript.steps.at(-1)!.file);
  await assertFiles(folder, transcript);
  assertContributions(transcript, await readContributions(last));
  await withCurve(async () => {
    if (!(await powersOfTau.verify(ptau))) throw invalidPtau(ptau);
    if (!(await zKey.verifyFromR1cs(r1cs, ptau, last))) {
      throw ceremonyInvalid('the last key does not follow from the circuit and the powers of tau');
    }
  });
  return { transcript, setup: ceremonySetup(last, transcript) };
}

/** The last key of a ceremony, for a folder of artifacts: the same folder on every machine. */
function ceremonySetup(zkey: string, transcript: Transcript): KeySetup {
  const transcriptSha256 = hashText(canonicalJson(transcript));
  return {
    identity: `ceremony-${transcriptSha256}`,
    async makeKey(job) {
      await copyFile(zkey, job.zkey);
      return {
        kind: 'ceremony',
        backend: 'snarkjs',
        ptauSha256: transcript.ptauSha256,
        contributions: transcript.steps.filter(({ kind }) => kind === 'contribution').length,
        transcriptSha256,
      };
    },
  };
}

async function addStep(
  folder: string,
  kind: 'contribution' | 'beacon',
  make: (old: string, made: string) => Promise<unknown>,
): Promise<CeremonyStep> {
  const transcript = await readTranscript(folder);
  const last = transcript.steps.at(-1)!;
  if (last.kind === 'beacon') {
    throw new MillraceError('refused', 'ceremony-closed', 'The ceremony has ended with a beacon', {
      details: { folder },
      fix: 'Verify it with `millrace ceremony verify`.',
    });
  }
  const old = join(folder, last.file);
  await assertFile(old, last);
  const made = join(folder, fileOf(transcript.steps.length));
  await rm(made, { force: true });
  await withCurve(() => make(old, made));
  const { name, hash } = (await readContributions(made)).at(-1)!;
  const step = await stepOf(folder, transcript.steps.length, { kind, name, contributionHash: hash });
  await writeTranscript(folder, { ...transcript, steps: [...transcript.steps, step] });
  return step;
}

async function stepOf(
  folder: string,
  place: number,
  what: Pick<CeremonyStep, 'kind' | 'name' | 'contributionHash'>,
): Promise<CeremonyStep> {
  const file = fileOf(place);
  return { file, sha256: (await hashFile(join(folder, file))).sha256, ...what };
}

function assertSame(
  name: 'circuit' | 'sourceHash' | 'r1csSha256' | 'ptauSha256',
  transcript: Transcript,
  expected: string,
): void {
  const found = transcript[name];
  if (found !== expected) throw ceremonyInvalid(`it is of another ${name}`, { expected, found });
}

/** The last key has to be here, those before it need not. */
async function assertFiles(folder: string, { steps }: Transcript): Promise<void> {
  for (const [place, step] of steps.entries()) {
    const path = join(folder, step.file);
    if (place === steps.length - 1 || existsSync(path)) await assertFile(path, step);
  }
}

async function assertFile(path: string, { sha256: expected }: CeremonyStep): Promise<void> {
  const found = existsSync(path) ? (await hashFile(path)).sha256 : 'no file';
  if (found !== expected) {
    throw ceremonyInvalid('a key is not that of the transcript', { file: path, expected, found });
  }
}

function assertContributions({ steps }: Transcript, found: readonly ZkeyContribution[]): void {
  const expected = steps.slice(1);
  if (!expected.some(({ kind }) => kind === 'contribution')) {
    throw ceremonyInvalid('nobody has contributed: anyone could forge proofs');
  }
  if (found.length !== expected.length) {
    throw ceremonyInvalid('the last key has another number of contributions', {
      expected: expected.length,
      found: found.length,
    });
  }
  expected.forEach(({ kind, name, contributionHash }, place) => {
    const one = found[place]!;
    if (one.kind === kind && one.name === name && one.hash === contributionHash) return;
    throw ceremonyInvalid('a contribution of the last key is not that of the transcript', {
      contribution: place + 1,
      expected: contributionHash,
      found: one.hash,
    });
  });
}

/** Ends snarkjs's threads, which would keep the process alive. */
async function withCurve<T>(work: () => Promise<T>): Promise<T> {
  const curve = await curves.getCurveFromName('bn128');
  try {
    return await work();
  } finally {
    await curve.terminate();
  }
}

function ceremonyInvalid(problem: string, details: Record<string, unknown> = {}): MillraceError {
  return new MillraceError('refused', 'ceremony-invalid', `The ceremony does not verify: ${problem}`, {
    details,
    fix: 'Use none of its keys.',
  });
}
