import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { groth16 } from 'snarkjs';
import { MillraceError } from '../protocol/error.ts';
import { SHAPES, type Shape, shapeByName } from '../protocol/shape.ts';
import type { ArtifactProgress } from '../prover/artifacts/artifact-progress.ts';
import { ensureArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { type BackendChoice, selectBackend } from '../prover/backend.ts';
import { proveInput } from '../prover/prove-input.ts';
import { WitnessCalculator } from '../prover/witness.ts';
import { explainWitnessError } from '../prover/witness-diagnosis.ts';
import { type CircuitInput, parseCircuitInput, publicSignalsOf } from '../prover/witness-input.ts';
import { backendOption } from './groth16-prove.ts';
import { readTextFile, writeJsonFile } from './text-file.ts';

interface ProveOptions {
  readonly batch: string;
  readonly out: string;
  readonly shape?: string;
  readonly backend: BackendChoice;
}

/** `millrace prove`: one batch, without queue or workers. */
export function registerProve(program: Command): void {
  program
    .command('prove')
    .description('prove one batch from its witness input; writes proof.json, public.json and calldata.json')
    .requiredOption('--batch <file>', "the batch circuit's input, JSON")
    .requiredOption('--out <dir>', 'folder for the output')
    .addOption(
      new Option('--shape <name>', 'shape of the batch; by default the one that fits the input').choices(
        Object.keys(SHAPES),
      ),
    )
    .addOption(backendOption())
    .action(prove);
}

async function prove(options: ProveOptions): Promise<void> {
  const input = parseCircuitInput(await readTextFile(options.batch, 'batch'));
  const shape = options.shape === undefined ? shapeOf(input) : shapeByName(options.shape);
  const artifacts = await ensureArtifacts(shape.name, { onProgress: report });
  const calculator = await WitnessCalculator.open(artifacts.wasm);
  const backend = await selectBackend(options.backend);
  try {
    const prover = { calculator, backend, zkey: artifacts.zkey, vkey: artifacts.vkey };
    const made = await proveInput(input, publicSignalsOf(input), prover).catch((error) => {
      throw explainWitnessError(error, input, shape.name);
    });
    const { proof, publicSignals, programDropped } = made;
    if (programDropped) {
      process.stderr.write(
        `the witness program in ${artifacts.folder} is wrong, the slower WASM was used: remove circuit.program and run millrace setup\n`,
      );
    }
    await mkdir(options.out, { recursive: true });
    await writeJsonFile(join(options.out, 'proof.json'), proof);
    await writeJsonFile(join(options.out, 'public.json'), publicSignals);
    // snarkjs prints the four arguments without the brackets that make them one JSON value.
    const calldata = JSON.parse(`[${await groth16.exportSolidityCallData(proof, publicSignals)}]`);
    await writeJsonFile(join(options.out, 'calldata.json'), calldata);
  } finally {
    await backend.close();
  }
}

/** One line for each stage: building artifacts takes minutes when it is needed. */
function report({ text, elapsedMs }: ArtifactProgress): void {
  if (elapsedMs < 1) process.stderr.write(`${text}\n`);
}

/** The shipped shape whose signals have the lengths of this input. */
function shapeOf(input: CircuitInput): Shape {
  const length = (signal: string): number => {
    const value = input[signal];
    return Array.isArray(value) ? value.length : 0;
  };
  const found = { n2: length('opType'), n1: length('l1E0'), m: length('slotIndex') };
  const shape = Object.values(SHAPES).find(
    ({ n2, n1, m }) => n2 === found.n2 && n1 === found.n1 && m === found.m,
  );
  if (shape !== undefined) return shape;
  throw new MillraceError('input', 'unknown-shape', 'The input is of none of the shapes that ship', {
    details: { found, shapes: SHAPES },
    fix: 'Seal the batch for one of the shapes, or name it with --shape.',
  });
}
