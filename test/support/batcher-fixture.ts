import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { QueuedL1Op } from '../../aggregator/ports.ts';
import { L1Intake } from '../../batcher/l1-intake.ts';
import type { RollupShape } from '../../batcher/rollup-shapes.ts';
import { Sequencer, type SequencerOptions } from '../../batcher/sequencer.ts';
import type { RollupIdentity } from '../../batcher/store/meta-table.ts';
import { Store } from '../../batcher/store.ts';
import { domain } from '../../protocol/domain.ts';
import { encodeL1Op, type L1Op } from '../../protocol/l1-ops.ts';
import { type L2Op, opId, type SignedOp, signOp } from '../../protocol/ops.ts';
import { SHAPES } from '../../protocol/shape.ts';
import { genesisRoot } from '../../protocol/state.ts';
import type { Holder } from './random-batch.ts';

const ROLLUP = `0x${'5a'.repeat(20)}`;

/** The rollup of the batcher's tests: shape tiny. */
export const IDENTITY: RollupIdentity = {
  chainId: 31337,
  rollup: ROLLUP,
  domain: domain(31337n, ROLLUP),
  depth: SHAPES.tiny.depth,
  genesisRoot: genesisRoot(SHAPES.tiny.depth),
};

/** A small shape that a few ops fill, whatever the shape that ships is. */
const LEAST = { name: 'tiny', n2: 2, n1: 2, m: 4, depth: SHAPES.tiny.depth };

/** A larger shape of the same depth, so that a choice has to be made. */
const MEDIUM = { name: 'medium', n2: 6, n1: 5, m: 12, depth: SHAPES.tiny.depth };

export const TWO_SHAPES: readonly RollupShape[] = [
  { shape: LEAST, shapeId: 0 },
  { shape: MEDIUM, shapeId: 1 },
];

/** A store in a folder of its own with what is built on it; {@link BatcherFixture.reopen} is a restart. */
export class BatcherFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-batcher-'));
  readonly #options: SequencerOptions;
  store: Store;
  sequencer: Sequencer;
  intake: L1Intake;

  constructor(options: Partial<SequencerOptions> = {}) {
    this.#options = { shapes: TWO_SHAPES, logger: pino({ level: 'silent' }), ...options };
    this.store = Store.open(this.folder, IDENTITY);
    this.sequencer = new Sequencer(this.store, this.#options);
    this.intake = new L1Intake(this.store, this.sequencer);
  }

  reopen(options: Partial<SequencerOptions> = {}): void {
    this.store.close();
    this.store = Store.open(this.folder, IDENTITY);
    this.sequencer = new Sequencer(this.store, { ...this.#options, ...options });
    this.intake = new L1Intake(this.store, this.sequencer);
  }

  remove(): void {
    this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** L1 queues these ops, and they take their places. */
  queue(...ops: readonly L1Op[]): void {
    const first = this.store.l1Ops.count();
    this.intake.appendL1Ops(
      ops.map((op, i) => queued(first + i, op)),
      cursorAt(first + ops.length),
      true,
    );
    this.takeL1();
  }

  /** All waiting L1 ops take their places, as far as the open batch lets them. */
  takeL1(): void {
    while (this.sequencer.atomically(() => this.sequencer.takeWaitingL1()));
  }

  /** Signs and places an op in a transaction of its own. */
  place(op: L2Op, by: Holder) {
    const signed = this.sign(op, by);
    return this.sequencer.atomically(() =>
      this.sequencer.place(opId(op, IDENTITY.domain), signed, Date.now()),
    );
  }

  sign(op: L2Op, by: Holder): SignedOp {
    return signOp(op, by.key, by.owner, IDENTITY.domain);
  }

  seal(): number | undefined {
    return this.sequencer.atomically(() => this.sequencer.seal());
  }
}

export function deposit(to: Holder, token: number, amount: bigint): L1Op {
  return { type: 'deposit', depositor: to.owner, token, amount, keyHash: to.keyHash };
}

/** An op as the watcher reads it, in a block of its own. */
export function queued(id: number, op: L1Op): QueuedL1Op {
  return {
    id,
    elements: encodeL1Op(op),
    op,
    timestamp: 1_700_000_000 + id,
    location: { ...cursorAt(id + 1), transactionHash: `0x${(id + 1).toString(16).padStart(64, 'f')}` },
  };
}

/** The block with this number. */
export function cursorAt(blockNumber: number) {
  return { blockNumber, blockHash: `0x${blockNumber.toString(16).padStart(64, '0')}` };
}
