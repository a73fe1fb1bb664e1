import type { Command } from 'commander';
import { MillraceError } from '../protocol/error.ts';
import { SHAPE_NAMES } from '../protocol/shape.ts';
import { ensureArtifacts, ensureExitArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { ptauSetup } from '../prover/setup/ptau-setup.ts';
import { artifactStages } from './artifact-stages.ts';

interface SetupOptions {
  readonly shape: string;
  readonly ptau?: string;
  readonly contribute?: true;
}

/** `millrace setup`: compiles a shape's circuit and the exit circuit of its depth, and makes their keys. */
export function registerSetup(program: Command): void {
  program
    .command('setup')
    .description("compile a shape's circuit and the exit circuit of its depth, and make their keys")
    .requiredOption('--shape <name>', `one of ${SHAPE_NAMES.join(', ')}`)
    .option(
      '--ptau <file>',
      'powers of tau of a public ceremony; default: a development setup, for local chains',
    )
    .option('--contribute', 'add a contribution of this machine to phase 2; a key from --ptau needs one')
    .action(setUp);
}

async function setUp({ shape, ptau, contribute }: SetupOptions): Promise<void> {
  if ((ptau !== undefined) !== (contribute === true)) {
    throw new MillraceError(
      'input',
      'setup-options',
      'The options --ptau and --contribute go together: without a contribution anyone could forge proofs',
      { fix: 'Pass both for a key from a ceremony, or none for a development key.' },
    );
  }
  const options = {
    onProgress: artifactStages(),
    ...(ptau === undefined ? {} : { setup: await ptauSetup(ptau) }),
  };
  const { manifest, manifestId, folder } = await ensureArtifacts(shape, options);
  const exit = await ensureExitArtifacts(manifest.shape.depth, options);
  const lines = [
    `shape        ${shape} (${manifest.constraints} constraints, domain 2^${manifest.domainPower})`,
    `keys         ${manifest.setup.kind === 'dev' ? 'development: for local chains only' : 'ceremony and one contribution'}`,
    `manifest     ${manifestId}`,
    `folder       ${folder}`,
    `exit circuit ${exit.manifestId}`,
    `folder       ${exit.folder}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
