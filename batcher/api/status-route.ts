import type { FastifyInstance } from 'fastify';
import type { DataPlace } from '../../protocol/shape.ts';
import type { Admission } from '../admission.ts';
import type { RollupShape } from '../rollup-shapes.ts';
import type { Sequencer } from '../sequencer.ts';
import type { Store } from '../store.ts';

/** What is outside of the batcher and belongs to the node's status. */
export interface NodeHealth {
  readonly proving: {
    /** How jobs travel. */
    readonly transport: string;
    /** Worker processes on this machine. */
    readonly workers: number;
    readonly unproven: number;
  };
  /** Where new batches put their data, and by which prices that was chosen; null where there is no choice or no price yet. In wei. */
  readonly data: {
    readonly place: DataPlace;
    readonly forecast: {
      readonly weiATransfer: { readonly calldata: string; readonly blob: string | null };
      readonly gasPrice: string;
      readonly blobGasPrice: string | null;
      readonly floorGasAByte: number;
    } | null;
  };
  /** Set for good once the rollup has ended on L1: batches above `lastBatch`, and the ops in them, will never be final. */
  readonly exitMode: { readonly lastBatch: number } | null;
  /** Why a part of the L1 side failed last, by part. */
  readonly l1Failures: Readonly<Record<string, { code: string; message: string }>>;
}

export interface StatusSource {
  readonly store: Store;
  readonly sequencer: Sequencer;
  readonly admission: Admission;
  readonly shapes: readonly RollupShape[];
  readonly tokens: readonly { id: number; symbol: string; address: string; unitExponent: number }[];
  /** Least fee in units by token id. */
  readonly minimumFees: ReadonlyMap<number, bigint>;
  /** Seconds within which a committed batch has to hold an L1 op; then anyone starts exit mode. */
  readonly l1Deadline: number;
  readonly health: () => NodeHealth;
}

export type NodeStatus = ReturnType<typeof nodeStatus>;

/** How far everything is. */
export function statusRoute(app: FastifyInstance, source: StatusSource): void {
  app.get('/v1/status', async () => nodeStatus(source));
}

export function nodeStatus(source: StatusSource) {
  const { store, sequencer, admission, shapes, tokens, minimumFees } = source;
  const { chainId, rollup, domain, depth } = store.identity;
  const { sealedRoot, accountCount } = sequencer.tip;
  const { openedAt, ...open } = sequencer.open;
  const batches = { planned: 0, sealed: 0, proven: 0, submitted: 0, finalized: 0 };
  const ops = { pending: store.ops.pendingCount(), sealed: 0, proven: 0, submitted: 0, finalized: 0 };
  for (const { status, batches: count, signedOps } of store.batches.counts()) {
    batches[status] = count;
    if (status !== 'planned') ops[status] = signedOps;
  }
  return {
    rollup: { chainId, address: rollup, domain: String(domain), depth },
    /** As of the last sealed batch. */
    stateRoot: String(sealedRoot),
    /** The next account index. */
    accountCount,
    openBatch: { ...open, ageMs: openedAt === undefined ? null : Date.now() - openedAt },
    lastSealed: store.batches.lastSealed(),
    lastFinalized: store.batches.lastFinalized(),
    /** Numbers of batches in each status. */
    batches,
    /** Numbers of signed ops in each status. */
    ops: { ...ops, rejected: store.ops.rejectedCount(), awaitingAdmission: admission.waitingCount },
    l1Queue: {
      read: store.l1Ops.count(),
      /** Without a place in a batch so far. */
      waiting: sequencer.waitingL1,
      oldestAgeMs: oldestL1AgeMs(store),
      deadlineMs: source.l1Deadline * 1000,
      /** False while it is read again after a reorg. */
      ready: sequencer.ready,
      cursor: store.meta.cursor('l1Queue') ?? null,
    },
    shapes: shapes.map(({ shape: { name, n2, n1, m } }) => ({ name, n2, n1, m })),
    tokens: tokens.map(({ id, symbol, address, unitExponent }) => ({
      id,
      symbol,
      address,
      unitExponent,
      minimumFee: String(minimumFees.get(id) ?? 0n),
    })),
    ...source.health(),
  };
}

/** Since the oldest L1 op that is in no finalized batch was queued, by L1's time; null if all are. */
export function oldestL1AgeMs({ batches, l1Ops }: Store): number | null {
  const oldest = l1Ops.get(batches.get(batches.lastFinalized())?.l1End ?? 0);
  return oldest === undefined ? null : Math.max(0, Date.now() - oldest.timestamp * 1000);
}
