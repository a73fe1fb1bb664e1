import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider, Log } from 'ethers';
import { EventFollower } from '../aggregator/event-follower.ts';
import type { L1Cursor } from '../aggregator/ports.ts';
import { type BatchHeader, genesisHeader, headerHash, NO_PARENT } from '../protocol/batch-header.ts';
import { MillraceError } from '../protocol/error.ts';
import type { L1Elements } from '../protocol/l1-ops.ts';
import { payoutsOf } from '../protocol/payouts.ts';
import { replayBatch } from '../protocol/replay.ts';
import { genesisRoot, State } from '../protocol/state.ts';
import type { BatchContent } from '../protocol/vector.ts';
import type { BlobSource } from './blob-source.ts';
import { type CommitCall, committedIn } from './commit-calls.ts';
import { blobMissing, gap, mismatch, otherL1Op } from './l1-disagrees.ts';
import { piecesOf, TRANSACTIONS_AT_ONCE } from './log-pieces.ts';
import { type Blobs, contentOf, readBatches } from './read-batches.ts';
import type { RestoreStore } from './restore-store.ts';
import type { RollupParameters, RollupView, StateOnL1 } from './rollup-view.ts';

/** Between two looks at an L1 that has nothing new, though it should. */
const PAUSE_MS = 200;

export interface RestorerOptions {
  readonly provider: JsonRpcProvider;
  readonly view: RollupView;
  readonly parameters: RollupParameters;
  /** Its cursor is set. */
  readonly store: RestoreStore;
  /** Of batches whose data are in blobs; undefined if there is none. */
  readonly blobs?: BlobSource | undefined;
  /** Told after each range of blocks. */
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export interface RestoreProgress {
  /** Read up to and including this block. */
  readonly block: number;
  readonly finalBatches: number;
  readonly signedOps: number;
}

/** A restored state that equals L1's. */
export interface Restored {
  /** The block at which L1 was compared. */
  readonly block: L1Cursor;
  /** After the last final batch. */
  readonly state: State;
  readonly finalizedNumber: number;
  readonly committedNumber: number;
  /** Why a committed batch that is not final can never be proven; undefined if all of them can. */
  readonly invalid: MillraceError | undefined;
}

/** One transaction's events, in order, and the batches that it handed in. */
interface Transaction {
  readonly logs: readonly Log[];
  readonly commits: readonly CommitCall[];
}

/** What blocks with commits have to say: their time in seconds. */
type BlockTimes = ReadonlyMap<number, number>;

/**
 * Rebuilds the state of a rollup from L1 alone (docs/protocol.md, section 5), into a store in which it goes on after an interruption
 * or a reorg. Nothing that the L1 node says is believed but the contract's `state()`: every header is made anew from calldata, and the
 * chain of their hashes has to end in what the contract keeps.
 */
export class Restorer {
  readonly #options: RestorerOptions;
  readonly #follower: EventFollower;
  readonly #genesis: BatchHeader;
  /** After the last final batch of the store; undefined: to be built from it. */
  #state: State | undefined;

  constructor(options: RestorerOptions) {
    const { provider, view, parameters } = options;
    this.#options = options;
    this.#follower = new EventFollower({ provider, address: view.address, startBlock: 0, confirmations: 0 });
    this.#genesis = genesisHeader(genesisRoot(parameters.depth));
  }

  /**
   * Reads L1 up to its newest block, and compares.
   * @throws {MillraceError} `refused/batch-does-not-apply`, `refused/header-mismatch`, `refused/event-gap`, `refused/queue-mismatch`,
   *   `refused/restore-mismatch`, `refused/blob-missing`, those of {@link committedIn}, and errors of ethers if the L1 node cannot be asked: then calling again
   *   goes on
   */
  async run(): Promise<Restored> {
    const { store, onProgress } = this.#options;
    for (;;) {
      const look = await this.#follower.look(store.cursor);
      if (look.kind === 'reorg') {
        await this.#rewind();
      } else if (look.kind === 'events') {
        if (!(await this.#take(look.logs, look.cursor))) continue;
        const { batches, signedOps } = store.totals();
        onProgress?.({ block: look.cursor.blockNumber, finalBatches: batches, signedOps });
      } else {
        const restored = await this.#compare();
        if (restored !== undefined) return restored;
        await sleep(PAUSE_MS);
      }
    }
  }

  /**
   * Takes in the events of a range of blocks, piece by piece: what is read of one is written down and dropped before the next.
   * @returns false if they belong to blocks that are gone
   */
  async #take(logs: readonly Log[], cursor: L1Cursor): Promise<boolean> {
    const pieces = piecesOf(logs);
    for (const [i, piece] of pieces.entries()) {
      const { blockNumber, blockHash } = i + 1 < pieces.length ? piece.at(-1)! : cursor;
      if (!(await this.#takePiece(piece, { blockNumber, blockHash }))) return false;
    }
    return true;
  }

  async #takePiece(logs: readonly Log[], cursor: L1Cursor): Promise<boolean> {
    const blocks = new Map(logs.map(({ blockNumber, blockHash }) => [blockNumber, blockHash]));
    const transactions = await this.#fetch(logs);
    const times = await this.#blockTimes(transactions, blocks);
    if (times === undefined) return false;
    const blobs = await this.#fetchBlobs(transactions, times);
    const { store } = this.#options;
    try {
      store.transaction(() => {
        for (const transaction of transactions) this.#apply(transaction, times, blobs);
        store.advance(
          cursor,
          [...blocks].map(([blockNumber, blockHash]) => ({ blockNumber, blockHash })),
        );
      });
    } catch (error) {
      this.#state = undefined;
      // Its blob may have come to the source after it was committed: another run asks again.
      if (error instanceof MillraceError && error.code === 'blob-missing')
        store.transaction(() => store.unread(Number(error.details.batch)));
      throw error;
    }
    return true;
  }

  async #fetch(logs: readonly Log[]): Promise<Transaction[]> {
    const { provider, view } = this.#options;
    const committed = view.interface.getEvent('BatchCommitted')!.topicHash;
    const byHash = new Map<string, Log[]>();
    for (const log of logs) {
      const known = byHash.get(log.transactionHash);
      if (known === undefined) byHash.set(log.transactionHash, [log]);
      else known.push(log);
    }
    return await inGroups([...byHash], async ([hash, ofOne]) => {
      const commits = ofOne.some(({ topics }) => topics[0] === committed && BigInt(topics[1] ?? 0) > 0n);
      const calls = commits
        ? await committedIn(provider, { rollup: view.address, abi: view.interface }, hash)
        : [];
      return { logs: ofOne, commits: calls };
    });
  }

  /** Undefined if one of the blocks is not on the chain any more. */
  async #blockTimes(
    transactions: readonly Transaction[],
    blocks: ReadonlyMap<number, string>,
  ): Promise<BlockTimes | undefined> {
    const numbers = new Set(
      transactions.filter(({ commits }) => commits.length > 0).map(({ logs }) => logs[0]!.blockNumber),
    );
    const found = await inGroups([...numbers], async (number) => {
      const block = await this.#options.provider.getBlock(number);
      return block?.hash === blocks.get(number) ? ([number, block!.timestamp] as const) : undefined;
    });
    if (found.includes(undefined)) return undefined;
    return new Map(found as (readonly [number, number])[]);
  }

  /** Those that the source has. Which ones are needed shows when batches become final. */
  async #fetchBlobs(transactions: readonly Transaction[], times: BlockTimes): Promise<Blobs> {
    const { blobs } = this.#options;
    const wanted = new Map<string, number>();
    for (const { logs, commits } of transactions) {
      for (const { versionedHash } of commits) {
        if (versionedHash !== undefined) wanted.set(versionedHash, times.get(logs[0]!.blockNumber)!);
      }
    }
    const found = new Map<string, Uint8Array>();
    for (const [versionedHash, time] of wanted) {
      const blob = await blobs?.blob(versionedHash, time);
      if (blob !== undefined) found.set(versionedHash, blob);
    }
    return found;
  }

  /** Goes through a transaction's events: a batch that is not known yet must come from its next call. */
  #apply({ logs, commits }: Transaction, times: BlockTimes, blobs: Blobs): void {
    const { store, view } = this.#options;
    const calls = [...commits];
    for (const log of logs) {
      const event = view.interface.parseLog(log);
      if (event === null) continue;
      const { blockNumber: block } = log;
      const commitUpTo = (number: number): void => {
        while (store.batch(number) === undefined) {
          const call = calls.shift();
          if (call === undefined) throw gap({ batch: number, block, transaction: log.transactionHash });
          this.#commit(call, block, times.get(block)!, blobs);
        }
      };
      if (event.name === 'L1OpQueued') {
        const { id, e0, e1, e2 } = event.args;
        if (Number(id) !== store.l1OpCount())
          throw gap({ l1Op: String(id), expected: store.l1OpCount(), block });
        store.addL1Op(Number(id), [e0, e1, e2] as unknown as L1Elements, block);
      } else if (event.name === 'BatchCommitted') {
        const [number, hash] = [Number(event.args.number), String(event.args.batchHash)];
        if (number === 0) {
          this.#compareHash(this.#genesisHash, hash, { batch: 0, block });
          continue;
        }
        commitUpTo(number);
        this.#compareHash(store.batch(number)!.hash, hash, { batch: number, block });
      } else if (event.name === 'BatchFinalized') {
        const number = Number(event.args.number);
        commitUpTo(number);
        this.#finalizeUpTo(number, block);
      } else if (event.name === 'BatchesReverted') {
        store.revert(Number(event.args.first), block);
      }
    }
  }

  #commit(call: CommitCall, block: number, committedAt: number, blobs: Blobs): void {
    const { store } = this.#options;
    const parent = store.newest();
    let before = parent?.header ?? this.#genesis;
    let parentHash = parent?.hash ?? this.#genesisHash;
    for (const { header, l1, data, signedOps } of readBatches(
      this.#options.parameters,
      call,
      before,
      committedAt,
      blobs,
    )) {
      l1.forEach(({ elements }, i) => {
        const id = before.l1End + i;
        if (store.l1Op(id)?.join() !== elements.join()) throw otherL1Op(header.number, id);
      });
      const hash = headerHash(header, parentHash);
      store.commit({ header, hash, oldRoot: before.newRoot, data, signedOps }, block);
      [before, parentHash] = [header, hash];
    }
  }

  /** The event of a batch speaks for those before it in the call. */
  #finalizeUpTo(last: number, block: number): void {
    const { store } = this.#options;
    const first = (store.newestFinal()?.header.number ?? 0) + 1;
    if (last < first) throw gap({ finalized: last, expected: first, block });
    for (let number = first; number <= last; number++) {
      const content = this.#content(number);
      if (content === undefined) throw blobMissing(number, block);
      store.finalize(number, replayBatch(this.#stateNow(), content), payoutsOf(content), block);
    }
  }

  /** What a batch that stands says; undefined if its blob is not known. */
  #content(number: number): BatchContent | undefined {
    const { header, oldRoot, data } = this.#options.store.batch(number)!;
    return data.length === 0 ? undefined : contentOf(this.#options.parameters, header, oldRoot, data);
  }

  #stateNow(): State {
    this.#state ??= State.restore(this.#options.parameters.depth, this.#options.store.accounts());
    return this.#state;
  }

  get #genesisHash(): string {
    return headerHash(this.#genesis, NO_PARENT);
  }

  /** Goes back to the newest block with events that is still on the chain. */
  async #rewind(): Promise<void> {
    const { store } = this.#options;
    for (const block of store.blocks()) {
      if (!(await this.#follower.isOnChain(block))) continue;
      store.transaction(() => store.rewind(block));
      this.#state = undefined;
      return;
    }
    throw new MillraceError(
      'refused',
      'other-chain',
      'No block that was read is on the chain of this L1 node',
      {
        details: { newest: store.cursor?.blockNumber },
        fix: 'Use an L1 node of the same chain, or restore into another folder. A local L1 that was started anew is another chain.',
      },
    );
  }

  /** Holds what was read against the contract; undefined if L1 has gone on since, or its node is behind. */
  async #compare(): Promise<Restored | undefined> {
    const { provider, store, view } = this.#options;
    const { cursor } = store;
    if (cursor === undefined || (await provider.getBlockNumber()) !== cursor.blockNumber) return undefined;
    const onL1 = await view.stateAt(cursor.blockNumber);
    if (!(await this.#follower.isOnChain(cursor))) return undefined;
    const state = this.#stateNow();
    const final = store.newestFinal()?.header ?? this.#genesis;
    const newest = store.newest();
    const ours: StateOnL1 = {
      committedNumber: newest?.header.number ?? 0,
      finalizedNumber: final.number,
      l1QueueLength: store.l1OpCount(),
      finalizedRoot: state.root,
      committedHash: newest?.hash ?? this.#genesisHash,
    };
    const wrong = (Object.keys(ours) as (keyof StateOnL1)[]).find((field) => ours[field] !== onL1[field]);
    if (wrong !== undefined || final.newRoot !== state.root) {
      throw new MillraceError(
        'refused',
        'restore-mismatch',
        'What was read of L1 is not what its contract keeps',
        {
          details: {
            block: cursor.blockNumber,
            field: wrong ?? 'newRoot',
            expected: String(onL1[wrong ?? 'finalizedRoot']),
            found: String(ours[wrong ?? 'finalizedRoot']),
          },
          fix: 'Remove the folder of the restored state and use another L1 node.',
        },
      );
    }
    return {
      block: cursor,
      state,
      finalizedNumber: final.number,
      committedNumber: ours.committedNumber,
      invalid: this.#tryPending(final.number, ours.committedNumber),
    };
  }

  /** Whether the batches that are not final apply; the state stays. */
  #tryPending(final: number, committed: number): MillraceError | undefined {
    const state = this.#stateNow();
    const done = [];
    try {
      for (let number = final + 1; number <= committed; number++) {
        const content = this.#content(number);
        if (content === undefined) return undefined;
        done.push(replayBatch(state, content));
      }
      return undefined;
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'batch-does-not-apply') return error;
      throw error;
    } finally {
      for (const batch of done.reverse()) state.undo(batch);
    }
  }

  #compareHash(found: string, expected: string, details: Readonly<Record<string, unknown>>): void {
    if (found !== expected) throw mismatch({ ...details, expected, found });
  }
}

/** Maps with a bounded number of requests on their way. */
async function inGroups<In, Out>(items: readonly In[], map: (item: In) => Promise<Out>): Promise<Out[]> {
  const out: Out[] = [];
  for (let i = 0; i < items.length; i += TRANSACTIONS_AT_ONCE) {
    out.push(...(await Promise.all(items.slice(i, i + TRANSACTIONS_AT_ONCE).map(map))));
  }
  return out;
}
