import type { JsonRpcProvider } from 'ethers';
import type { Logger } from 'pino';
import { chainIdOf, l1Provider } from '../aggregator/l1-connection.ts';
import { MillraceError } from '../protocol/error.ts';
import { genesisRoot } from '../protocol/state.ts';
import { blobSource } from './blob-source.ts';
import { patiently } from './patience.ts';
import { RestoreStore } from './restore-store.ts';
import { type Restored, type RestoreProgress, Restorer } from './restorer.ts';
import { type RollupParameters, RollupView } from './rollup-view.ts';

export interface RestoreOptions {
  /** May hold an access key: it is never shown. */
  readonly rpcUrl: string;
  /** Address of the rollup contract, 0x + 40 hex. */
  readonly rollup: string;
  /** Where to begin if the folder is new: the block of the deployment, or an earlier one. */
  readonly fromBlock?: number | undefined;
  /** Keeps what was read, to go on from there. */
  readonly folder: string;
  /** Where the blobs are, see {@link blobSource}; undefined if there are none. */
  readonly blobs?: string | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

/** A rollup that was restored from L1, with what else L1 says of it. To be closed. */
export interface RestoredRollup extends Restored {
  readonly provider: JsonRpcProvider;
  readonly view: RollupView;
  readonly parameters: RollupParameters;
  readonly store: RestoreStore;
  /** Reads on to L1's newest block. */
  refresh(): Promise<Restored>;
  close(): void;
}

/**
 * Restores a rollup from L1 alone, or goes on with it.
 * @throws {MillraceError} `refused/l1-unreachable`, `refused/no-rollup`, `input/from-block-needed`, `input/bad-from-block`, and what
 *   {@link RestoreStore.open}, {@link Restorer.run} and {@link patiently} throw
 */
export async function restoreRollup(options: RestoreOptions): Promise<RestoredRollup> {
  const { rpcUrl, rollup, folder } = options;
  const provider = l1Provider(rpcUrl, await chainIdOf(rpcUrl));
  let store: RestoreStore | undefined;
  const close = (): void => {
    store?.close();
    provider.destroy();
  };
  try {
    const view = new RollupView(provider, rollup);
    const parameters = await patiently(() => view.parameters(), options);
    const { chainId, domain, depth } = parameters;
    store = RestoreStore.open(folder, {
      chainId,
      rollup: view.address,
      domain,
      depth,
      genesisRoot: genesisRoot(depth),
    });
    if (store.cursor === undefined) await begin(store, provider, view, options);
    const { onProgress, blobs } = options;
    const restorer = new Restorer({
      provider,
      view,
      parameters,
      store,
      blobs: blobs === undefined ? undefined : blobSource(blobs),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const refresh = (): Promise<Restored> => patiently(() => restorer.run(), options);
    return { ...(await refresh()), provider, view, parameters, store, refresh, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Sets the cursor on the block before the first that is to be read. */
async function begin(
  store: RestoreStore,
  provider: JsonRpcProvider,
  view: RollupView,
  options: RestoreOptions,
): Promise<void> {
  const first = options.fromBlock ?? (await patiently(() => view.deploymentBlock(), options));
  // A chain's first block has no transactions.
  const blockNumber = Math.max(first - 1, 0);
  const block = await patiently(() => provider.getBlock(blockNumber), options);
  if (block?.hash == null) {
    throw new MillraceError('input', 'bad-from-block', 'The L1 node has no such block to begin with', {
      details: { fromBlock: first },
      fix: 'Pass --from-block with the block of the deployment or an earlier one.',
    });
  }
  const cursor = { blockNumber, blockHash: block.hash };
  store.transaction(() => store.advance(cursor, [cursor]));
}
