import { getAddress, type Wallet } from 'ethers';
import type { Logger } from 'pino';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';
import type { CallTiming } from './call-timing.ts';
import type { L1Prices } from './data-cost.ts';
import { EventFollower } from './event-follower.ts';
import { ExitModeWatch } from './exit-mode.ts';
import { FinalityFollower } from './finality.ts';
import { l1Provider } from './l1-connection.ts';
import { L1PriceReader } from './l1-prices.ts';
import { PollLoop } from './poll-loop.ts';
import type { BatchSource, L1OpSink, TransactionJournal } from './ports.ts';
import { L1QueueWatcher } from './queue-watcher.ts';
import { RollupContract } from './rollup-contract.ts';
import { TransactionSender } from './sender.ts';
import { type SubmittedKey, Submitter } from './submitter.ts';

export interface AggregatorOptions {
  /** Of the L1 node; may hold an access key. */
  readonly rpcUrl: string;
  readonly deployment: DeployManifest;
  /** The rollup's operator. */
  readonly wallet: Wallet;
  /** The three sides of the node's store. */
  readonly sink: L1OpSink;
  readonly source: BatchSource;
  readonly journal: TransactionJournal;
  /** The keys that this node's proofs are made with, by name of the shape. */
  readonly keys: ReadonlyMap<string, SubmittedKey>;
  /** Blocks on top of a block before its events count. */
  readonly confirmations: number;
  /** Most that is ever offered for gas, wei. */
  readonly maxFeePerGas: bigint;
  readonly maxBatchesPerCall: number;
  /** When proven batches go to L1. */
  readonly timing: CallTiming;
  /** Told L1's prices as they are now, again and again; they are not read if nobody wants them. */
  readonly onPrices?: ((prices: L1Prices) => void) | undefined;
  /** Folder that keeps the blobs. */
  readonly blobFolder: string;
  /** Milliseconds between two looks at L1. */
  readonly pollMs: number;
  readonly logger: Logger;
  /**
   * Called once, when the rollup is seen in exit mode, perhaps before {@link Aggregator.start} resolves, with the
   * number of its last batch. Nothing is submitted any more; the queue and finality are still followed.
   */
  readonly onExitMode: (lastBatch: number) => void;
}

type Loops = Readonly<Record<'queue' | 'submitter' | 'finality' | 'exitMode', PollLoop>> & {
  readonly prices?: PollLoop;
};

/** L1's prices change from block to block: they are read once in so many looks at L1. */
const LOOKS_PER_PRICE = 12;

/** The node's L1 side: brings in the L1 queue, brings out proven batches, and tells the store what is final. */
export class Aggregator {
  readonly #loops: Loops;
  readonly #ended: AbortController;
  readonly #disconnect: () => void;

  private constructor(loops: Loops, ended: AbortController, disconnect: () => void) {
    this.#loops = loops;
    this.#ended = ended;
    this.#disconnect = disconnect;
  }

  /**
   * Checks the deployment on L1, looks whether the rollup has ended, and starts.
   * @throws {MillraceError} `refused/wrong-deployment`, `refused/wrong-operator-key`
   */
  static async start(options: AggregatorOptions): Promise<Aggregator> {
    const { rpcUrl, deployment, sink, source, journal, wallet, confirmations, pollMs, logger } = options;
    if (wallet.address !== getAddress(deployment.operator.toLowerCase())) {
      throw new MillraceError(
        'refused',
        'wrong-operator-key',
        "The operator key is not that of the rollup's operator",
        {
          details: { operator: deployment.operator, keyOf: wallet.address },
          fix: 'Use the key that the rollup was deployed with; no other account may submit batches.',
        },
      );
    }
    const provider = l1Provider(rpcUrl, deployment.chainId);
    const rollup = new RollupContract(provider, deployment);
    const ended = new AbortController();
    const submission = new AbortController();
    const exitMode = new ExitModeWatch({
      rollup,
      onExitMode: (lastBatch) => {
        void loops?.submitter.stop();
        submission.abort();
        options.onExitMode(lastBatch);
      },
    });
    let loops: Loops | undefined;
    try {
      await rollup.assertDeployment(deployment);
      await exitMode.step();
    } catch (error) {
      provider.destroy();
      throw error;
    }
    const follow = (event: 'L1OpQueued' | 'BatchFinalized'): EventFollower =>
      new EventFollower({
        provider,
        address: rollup.address,
        topic: rollup.topic(event),
        startBlock: deployment.block,
        confirmations,
      });
    const { chainId, depth } = deployment;
    const { maxFeePerGas, maxBatchesPerCall, keys, timing } = options;
    const signal = AbortSignal.any([ended.signal, submission.signal]);
    const sender = new TransactionSender({
      provider,
      wallet,
      chainId,
      journal,
      logger,
      signal,
      maxFeePerGas,
      pollMs,
    });
    const queue = new L1QueueWatcher({ rollup, follower: follow('L1OpQueued'), sink, depth, logger });
    const finality = new FinalityFollower({
      rollup,
      follower: follow('BatchFinalized'),
      source,
      logger,
    });
    const submitter = new Submitter({
      rollup,
      sender,
      source,
      deployment,
      keys,
      maxBatchesPerCall,
      timing,
      blobFolder: options.blobFolder,
      logger,
    });

    const loop = (part: string, step: () => Promise<boolean>, everyMs = pollMs): PollLoop =>
      new PollLoop({ step, pollMs: everyMs, logger: logger.child({ part }) });
    loops = {
      queue: loop('queue-watcher', () => queue.step()),
      submitter: loop('submitter', async () => !submission.signal.aborted && (await submitter.step())),
      finality: loop('finality', () => finality.step()),
      exitMode: loop('exit-mode-watch', () => exitMode.step()),
    };
    const { onPrices } = options;
    if (onPrices !== undefined) {
      const reader = new L1PriceReader(provider, wallet.address);
      const step = async (): Promise<boolean> => {
        onPrices(await reader.read());
        return false;
      };
      loops = { ...loops, prices: loop('prices', step, LOOKS_PER_PRICE * pollMs) };
    }
    return new Aggregator(loops, ended, () => provider.destroy());
  }

  /** Why a part's last round failed, for each part that has failed last. */
  get failures(): ReadonlyMap<string, unknown> {
    const failed = Object.entries(this.#loops).filter(([, loop]) => loop.lastError !== undefined);
    return new Map(failed.map(([part, loop]) => [part, loop.lastError]));
  }

  /** Ends all parts and waits for them. A transaction on its way is saved: the next start takes it up. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all(Object.values(this.#loops).map((loop) => loop.stop()));
    this.#disconnect();
  }
}
