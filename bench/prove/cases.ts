import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MillraceError } from '../../protocol/error.ts';
import { shapeByName } from '../../protocol/shape.ts';
import type { OnArtifactProgress } from '../../prover/artifacts/artifact-progress.ts';
import { ensureArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import type { VerificationKey } from '../../prover/proof.ts';
import { exportVerificationKey } from '../../prover/setup/verification-key.ts';
import { readZkeyFile } from '../../prover/setup/zkey-file.ts';
import { WitnessCalculator } from '../../prover/witness.ts';
import { parseCircuitInput } from '../../prover/witness-input.ts';
import { checkWtns, VALUE_BYTES } from '../../prover/wtns-file.ts';
import { fullBatch } from '../full-batch.ts';

/** A circuit's key with a witness. */
export interface ProveCase {
  readonly name: string;
  /** Absolute paths. */
  readonly zkey: string;
  readonly wtns: string;
  readonly vkey: VerificationKey;
  /** The domain has 2^k rows. */
  readonly k: number;
  /** For people: sizes, and how many of the witness's values are easy. */
  readonly description: string;
}

/**
 * A case from files of any circuit.
 *
 * @throws {MillraceError} `input` / `bad-zkey`, `bad-witness-file`, `witness-mismatch`; `refused` / `forgeable-key`
 */
export async function caseOfFiles(zkeyFile: string, wtnsFile: string, name?: string): Promise<ProveCase> {
  const [zkey, wtns] = [resolve(zkeyFile), resolve(wtnsFile)];
  const { wires, publicWires, domainSize } = await readZkeyFile(zkey);
  const { witnessCount, valuesOffset } = await checkWtns(wtns);
  if (witnessCount !== wires) {
    throw new MillraceError(
      'input',
      'witness-mismatch',
      'The witness belongs to another circuit than the key',
      {
        details: { zkey, wtns, expected: wires, found: witnessCount },
        fix: 'Calculate the witness with the circuit that the proving key was made from.',
      },
    );
  }
  const label = name ?? nameOf(zkey);
  const easy = easyShare((await readFile(wtns)).subarray(valuesOffset));
  return {
    name: label,
    zkey,
    wtns,
    vkey: await exportVerificationKey(zkey),
    k: Math.log2(domainSize),
    description:
      `${label}: domain 2^${Math.log2(domainSize)}, ${wires.toLocaleString('en')} wires, ` +
      `${publicWires} public signals, ${Math.round(100 * easy)}% of the witness 0 or 1`,
  };
}

/** A case from a shape that ships, with a full batch; its artifacts are made where they are missing. */
export async function caseOfShape(
  name: string,
  folder: string,
  onProgress: OnArtifactProgress,
): Promise<ProveCase> {
  const { wasm, zkey } = await ensureArtifacts(name, { onProgress });
  const calculator = await WitnessCalculator.open(wasm);
  const { witness } = fullBatch(shapeByName(name));
  const wtns = join(folder, `${name}.wtns`);
  await writeFile(wtns, await calculator.calculate(parseCircuitInput(JSON.stringify(witness))));
  return caseOfFiles(zkey, wtns, name);
}

/** The file's name, or its folder's where the file has the name that every shape's key has. */
function nameOf(zkey: string): string {
  const name = basename(zkey).replace(/\.zkey$/, '');
  return name === 'circuit' ? basename(dirname(zkey)) : name;
}

/** Share of the values that are 0 or 1: they cost a prover nearly nothing. */
function easyShare(values: Buffer): number {
  let easy = 0;
  for (let at = 0; at < values.length; at += VALUE_BYTES) {
    const isSmall = values[at]! <= 1 && values.subarray(at + 1, at + VALUE_BYTES).every((byte) => byte === 0);
    if (isSmall) easy += 1;
  }
  return (easy * VALUE_BYTES) / values.length;
}
