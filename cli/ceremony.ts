import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { MillraceError } from '../protocol/error.ts';
import { SHAPE_NAMES, SHAPES, shapeByName } from '../protocol/shape.ts';
import { artifactFolder } from '../prover/artifacts/artifact-folder.ts';
import { batchCircuit } from '../prover/artifacts/batch-circuit.ts';
import type { Circuit } from '../prover/artifacts/circuit-sources.ts';
import { ensureArtifacts, ensureExitArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { exitCircuit } from '../prover/artifacts/exit-circuit.ts';
import {
  applyBeacon,
  beginCeremony,
  type CeremonyPlace,
  contribute,
  verifyCeremony,
} from '../prover/setup/ceremony.ts';
import { type CeremonyStep, readTranscript } from '../prover/setup/ceremony-transcript.ts';
import { artifactStages } from './artifact-stages.ts';

const FOLDER = ['--folder <folder>', 'the folder that is handed from one contributor to the next'] as const;
const PTAU = ['--ptau <file>', 'powers of tau of a public ceremony, prepared for phase 2'] as const;

/** `millrace ceremony`: keys that nobody can forge with, unless all who contributed kept their secrets. */
export function registerCeremony(program: Command): void {
  const ceremony = program
    .command('ceremony')
    .description('make keys for a public network, together with others (phase 2 of a trusted setup)');
  ceremony
    .command('new')
    .description(
      "begin: the key that follows from the circuit and the powers of tau, nobody's contribution in it",
    )
    .requiredOption('--circuit <name>', `${SHAPE_NAMES.join(', ')}, or exit-DEPTH`)
    .requiredOption(...PTAU)
    .requiredOption(...FOLDER)
    .action(async ({ circuit, ptau, folder }: { circuit: string; ptau: string; folder: string }) => {
      const { sourceHash } = await beginCeremony(placeOf(folder, circuit), ptau);
      print([
        ['circuit', `${circuit}, source ${sourceHash}`],
        ['next', `millrace ceremony contribute --folder ${folder} --name NAME`],
      ]);
    });
  ceremony
    .command('contribute')
    .description("add a contribution; its secret is the operating system's random bytes, kept nowhere")
    .requiredOption(...FOLDER)
    .requiredOption('--name <name>', 'who contributes, for the transcript; at most 64 bytes', contributorName)
    .action(async ({ folder, name }: { folder: string; name: string }) => {
      report(await contribute(folder, name));
    });
  ceremony
    .command('beacon')
    .description('end with a public random value that nobody knew when the last contribution was made')
    .requiredOption(...FOLDER)
    .requiredOption('--value <hex>', 'such as the hash of a block that was announced beforehand')
    .option('--iterations <exponent>', 'hash it 2^EXPONENT times', Number, 10)
    .action(async ({ folder, value, iterations }: { folder: string; value: string; iterations: number }) => {
      report(await applyBeacon(folder, value.replace(/^0x/, ''), iterations));
    });
  ceremony
    .command('verify')
    .description('verify all of it against the circuit of this repository and the powers of tau')
    .requiredOption(...FOLDER)
    .requiredOption(...PTAU)
    .option('--install', 'then make the folder of artifacts that deploy, node and workers take')
    .action(verify);
}

async function verify(options: { folder: string; ptau: string; install?: true }): Promise<void> {
  const { circuit } = await readTranscript(options.folder);
  const { transcript, setup } = await verifyCeremony(placeOf(options.folder, circuit), options.ptau);
  print([
    ['circuit', `${circuit}, as it is in this repository`],
    ...transcript.steps
      .slice(1)
      .map(({ kind, name, contributionHash }) => [kind, `${contributionHash} ${name}`]),
    ['verified', 'the last key follows from the circuit, the powers of tau and these contributions'],
  ]);
  if (options.install !== true) return;
  const ensure = { setup, onProgress: artifactStages() };
  const depth = exitDepth(circuit);
  const { folder, manifestId } =
    depth === undefined ? await ensureArtifacts(circuit, ensure) : await ensureExitArtifacts(depth, ensure);
  print([
    ['manifest', manifestId],
    ['folder', folder],
  ]);
}

function placeOf(folder: string, name: string): CeremonyPlace {
  return { folder, circuit: circuitOf(name), cache: join(artifactFolder(), 'circuits') };
}

function circuitOf(name: string): Circuit {
  const depth = exitDepth(name);
  return depth === undefined ? batchCircuit(shapeByName(name)) : exitCircuit(depth);
}

/** Depth of `exit-DEPTH`. */
function exitDepth(name: string): number | undefined {
  const depth = /^exit-(\d{1,2})$/.exec(name)?.[1];
  if (depth === undefined) return undefined;
  if (Object.values(SHAPES).some((shape) => shape.depth === Number(depth))) return Number(depth);
  throw new MillraceError('input', 'unknown-depth', 'There is no shape of this depth', {
    details: { depth: Number(depth) },
    fix: 'Name the exit circuit of the depth of your shapes.',
  });
}

function contributorName(text: string): string {
  if (text.length > 0 && Buffer.byteLength(text) <= 64) return text;
  throw new InvalidArgumentError('expected 1 to 64 bytes');
}

function report({ file, kind, contributionHash }: CeremonyStep): void {
  print([
    [kind, contributionHash],
    ['file', file],
    ['next', 'publish this hash where the folder cannot change it, and hand the folder on'],
  ]);
}

function print(rows: readonly (readonly string[])[]): void {
  process.stdout.write(`${rows.map(([name = '', text]) => `${name.padEnd(13)}${text}`).join('\n')}\n`);
}
