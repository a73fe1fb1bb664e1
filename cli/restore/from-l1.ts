import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MillraceError } from '../../protocol/error.ts';
import { componentLogger } from '../../prover/log.ts';
import { type RestoredRollup, restoreRollup } from '../../restore/restore-rollup.ts';
import type { RestoreProgress } from '../../restore/restorer.ts';

/** What the commands that need nothing but L1 are told of it. */
export interface L1Options {
  readonly rpc?: string;
  readonly rollup: string;
  readonly fromBlock?: number;
  readonly state?: string;
  readonly blobs?: string;
}

const RPC_VARIABLE = 'MILLRACE_L1_RPC_URL';
/** Between two lines of progress, ms. */
const PROGRESS_MS = 2_000;

export function addL1Options(command: Command): Command {
  return command
    .addOption(
      new Option('--rpc <url>', 'L1 node; a URL with an access key belongs in the environment').env(
        RPC_VARIABLE,
      ),
    )
    .requiredOption('--rollup <address>', 'the rollup contract', parseAddress)
    .option('--from-block <number>', 'block of the deployment or an earlier one; default: looked for', block)
    .addOption(
      new Option(
        '--blobs <folder|url>',
        "where the blobs are: a node's archive, or a beacon node; a URL with an access key belongs in the environment",
      ).env('MILLRACE_BLOBS'),
    )
    .option('--state <folder>', 'keeps what was read, to go on from there; default: restored/ROLLUP');
}

/** Restores the rollup, or goes on with it, and tells how far it is on stderr. To be closed. */
export async function restoreFromL1(options: L1Options): Promise<RestoredRollup & { folder: string }> {
  const { rpc, rollup, fromBlock, blobs } = options;
  if (rpc === undefined || !URL.canParse(rpc) || !/^https?:$/.test(new URL(rpc).protocol)) {
    throw new MillraceError('input', 'no-rpc-url', 'There is no URL of an L1 node', {
      details: { expected: 'an http or https URL' },
      fix: `Pass --rpc, or set ${RPC_VARIABLE}.`,
    });
  }
  const folder = options.state ?? join('restored', rollup.toLowerCase());
  const logger = componentLogger('restore');
  const signal = new AbortController().signal;
  const onProgress = progressLines();
  const restored = await restoreRollup({
    rpcUrl: rpc,
    rollup,
    fromBlock,
    folder,
    blobs,
    logger,
    signal,
    onProgress,
  });
  return { ...restored, folder };
}

function progressLines(): (progress: RestoreProgress) => void {
  let last = performance.now();
  return ({ block, finalBatches, signedOps }) => {
    if (performance.now() - last < PROGRESS_MS) return;
    last = performance.now();
    process.stderr.write(`read up to block ${block}: ${finalBatches} batches, ${signedOps} signed ops\n`);
  };
}

export function parseAddress(text: string): string {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return text;
  throw new InvalidArgumentError('expected 0x and 40 hex digits');
}

function block(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a block number');
}
