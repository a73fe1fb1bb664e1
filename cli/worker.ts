import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MillraceError } from '../protocol/error.ts';
import { artifactFolder } from '../prover/artifacts/artifact-folder.ts';
import { loadArtifacts, MANIFEST_FILE, type ShapeArtifacts } from '../prover/artifacts/load-artifacts.ts';
import type { BackendChoice } from '../prover/backend.ts';
import { BullmqProofSource } from '../prover/source-bullmq.ts';
import { startWorker } from '../prover/worker.ts';
import { backendOption } from './groth16-prove.ts';

interface WorkerCommandOptions {
  readonly redis: string;
  readonly artifacts: string;
  readonly backend: BackendChoice;
  readonly timeout: number;
  readonly grace: number;
}

/** `millrace worker`: proves for whoever queues in this Redis, until SIGTERM or SIGINT. Run as many as you like. */
export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('prove batches from a Redis queue; any number of workers, on any machines')
    .addOption(
      new Option(
        '--redis <url>',
        'Redis that the node uses; a URL with a password belongs in the environment',
      )
        .env('REDIS_URL')
        .makeOptionMandatory(),
    )
    .option('--artifacts <dir>', "folder of the shapes' artifacts, copied from the node", artifactFolder())
    .addOption(backendOption())
    .option('--timeout <seconds>', 'longest time for one proof', seconds, 1800)
    .option(
      '--grace <seconds>',
      'time to finish the proof in work after a signal; then the job goes back',
      seconds,
      0,
    )
    .action(work);
}

async function work(options: WorkerCommandOptions): Promise<void> {
  const artifacts = await loadAll(options.artifacts);
  const source = new BullmqProofSource({ redisUrl: options.redis });
  const worker = startWorker({
    source,
    artifacts,
    backend: options.backend,
    timeoutMs: options.timeout * 1000,
  });
  const shapes = [...new Set(artifacts.map(({ manifest }) => manifest.shape.name))];
  process.stdout.write(`worker ${worker.id} proves ${shapes.join(', ')}; Ctrl-C ends it\n`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await worker.stop(options.grace * 1000);
  await source.close();
}

/** The artifacts in all folders of `root` that have a manifest, each checked in full. */
async function loadAll(root: string): Promise<ShapeArtifacts[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true }).catch(() => []);
  const folders = entries.filter(({ name }) => name === MANIFEST_FILE).map(({ parentPath }) => parentPath);
  // A folder that is being built has another name until it is whole.
  const whole = folders.filter((folder) => !folder.endsWith('.partial'));
  if (whole.length === 0) {
    throw new MillraceError('input', 'no-artifacts', `There are no artifacts in ${root}`, {
      details: { expected: join(root, '<shape>', MANIFEST_FILE) },
      fix: "Copy the node's artifact folder here; artifacts that were built apart have other keys.",
    });
  }
  return Promise.all(whole.map(loadArtifacts));
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected seconds, 0 or more');
}
