import type { Command } from 'commander';
import { alignColumns } from './columns.ts';
import { addL1Options, type L1Options, restoreFromL1 } from './restore/from-l1.ts';
import { writeJsonFile } from './text-file.ts';

interface RestoreCommandOptions extends L1Options {
  readonly json?: string;
}

/** `millrace restore`: the whole L2 state from L1 alone. */
export function registerRestore(program: Command): void {
  addL1Options(
    program
      .command('restore')
      .description('rebuild the whole L2 state from L1 alone, and compare it with the root on L1')
      .option('--json <file>', 'write the accounts'),
  ).action(restore);
}

async function restore(options: RestoreCommandOptions): Promise<void> {
  const startedAt = performance.now();
  const restored = await restoreFromL1(options);
  try {
    const { parameters, state, block, finalizedNumber, committedNumber, invalid, store } = restored;
    const { batches, signedOps, l1Ops } = store.totals();
    if (options.json !== undefined) {
      await writeJsonFile(options.json, {
        format: 'millrace-state-1',
        chainId: parameters.chainId,
        rollup: parameters.rollup,
        block: block.blockNumber,
        blockHash: block.blockHash,
        batch: finalizedNumber,
        stateRoot: String(state.root),
        accountCount: state.accountCount,
        accounts: state.snapshot().map(([index, { keyHash, token, nonce, balance }]) => ({
          index,
          keyHash: String(keyHash),
          token,
          nonce,
          balance: String(balance),
        })),
      });
    }
    const rows = [
      ['Rollup', `${parameters.rollup} on chain ${parameters.chainId}`],
      ['L1', `read up to block ${block.blockNumber}`],
      ['Final', `batch ${finalizedNumber}: ${signedOps} signed ops, ${l1Ops} L1 ops in ${batches} batches`],
      ['Accounts', String(state.accountCount - 1)],
      ['State root', `${state.root}, as on L1`],
      ['Committed', pending(finalizedNumber, committedNumber, invalid?.details)],
      ['Kept in', options.state ?? restored.folder],
      ['Took', `${((performance.now() - startedAt) / 1000).toFixed(1)} s`],
    ];
    process.stdout.write(`${alignColumns(rows).join('\n')}\n`);
  } finally {
    restored.close();
  }
}

function pending(
  final: number,
  committed: number,
  invalid: Readonly<Record<string, unknown>> | undefined,
): string {
  if (committed === final) return 'nothing that is not final';
  const batches = `batches ${final + 1} to ${committed} wait for their proofs`;
  if (invalid === undefined) return batches;
  return `${batches}, which batch ${String(invalid.batch)} can never have (${String(invalid.place)}): they can be reverted`;
}
