import { setImmediate as nextTurn } from 'node:timers/promises';
import { MillraceError } from '../protocol/error.ts';
import { decodeFee } from '../protocol/fee.ts';
import { verifySignature } from '../protocol/keys.ts';
import { badNonce, checkSigner } from '../protocol/l2-rules.ts';
import { opId, type SignedOp, signedOpSchema, signingMessage } from '../protocol/ops.ts';
import type { Sequencer } from './sequencer.ts';
import type { OpStatus, StoredOp } from './store/op-table.ts';
import type { Store } from './store.ts';

export interface AdmissionOptions {
  /** Least fee in units by token id; tokens that are missing need none. */
  readonly minimumFees: ReadonlyMap<number, bigint>;
  /** Ops that may wait for admission at once; more are refused. */
  readonly maxWaiting?: number;
}

/** What a sender is told of an op that is on disk. */
export interface Receipt {
  /** Identity of the op: its signed message, 0x and 64 hex digits. */
  readonly id: string;
  readonly status: OpStatus;
  /** The batch in which it has its place. */
  readonly batch: number | undefined;
  readonly position: number | undefined;
  /** The account that is paid: for a TransferToNew the one that it creates, which ops may use from now on. */
  readonly toIndex: number | undefined;
}

/** Counts for the metrics. */
export interface AdmissionCounts {
  admitted: number;
  repeated: number;
  /** By error code. */
  readonly refused: Map<string, number>;
}

interface Waiting {
  readonly json: unknown;
  readonly answer: (outcome: Receipt | MillraceError) => void;
  readonly fail: (error: unknown) => void;
}

interface Verified {
  readonly waiting: Waiting;
  readonly id: string;
  readonly signed: SignedOp;
  readonly receivedAt: number;
}

const MAX_WAITING = 10_000;
/** Time to spend on signatures before what is verified is committed and others get a turn, ms. */
const SLICE_MS = 40;

/**
 * Lets signed ops in, in the order in which they come. All ops that were verified within a slice of time share one
 * transaction, so one write to the disk serves many.
 *
 * A signature takes the longest to verify (0.1 ms, without the addon 3 ms), so whatever is cheaper to check is checked
 * before: whoever can make no op that applies takes little of the node's time.
 *
 * An op is applied to the state as the ops before it leave it, pending ones included; so a chain of transfers can be
 * sent at once. It is known by its signed message: the same op again gets the same answer, whatever its signature.
 */
export class Admission {
  readonly counts: AdmissionCounts = { admitted: 0, repeated: 0, refused: new Map() };
  readonly #store: Store;
  readonly #sequencer: Sequencer;
  readonly #options: AdmissionOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  #ended: MillraceError | undefined;

  constructor(store: Store, sequencer: Sequencer, options: AdmissionOptions) {
    this.#store = store;
    this.#sequencer = sequencer;
    this.#options = options;
  }

  /** Ops that wait to be verified. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /**
   * Admits one op. When this resolves, the op is on disk.
   * @param json JSON form of a signed op, from anywhere
   * @throws {MillraceError} `input/bad-op` (not of the schema), `refused` with the codes of
   *   {@link BatchDraft.addL2}, `bad-signature`, `fee-too-low`, `overloaded`, `reorganizing`, `closing`, or what it was
   *   ended with
   */
  async admit(json: unknown): Promise<Receipt> {
    const [outcome] = await this.admitMany([json]);
    if (outcome === undefined || outcome instanceof MillraceError) throw outcome;
    return outcome;
  }

  /**
   * Admits ops in order; each for itself, but later ones may build on earlier ones.
   * @returns for each op its receipt or why it is not admitted
   * @throws {MillraceError} `refused/overloaded`, `refused/closing`, what it was ended with; what made the store fail
   */
  async admitMany(jsons: readonly unknown[]): Promise<(Receipt | MillraceError)[]> {
    this.#assertOpen(jsons.length);
    const answers = jsons.map(
      (json) =>
        new Promise<Receipt | MillraceError>((answer, fail) => {
          this.#waiting.push({ json, answer, fail });
        }),
    );
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return await Promise.all(answers);
  }

  /** Takes no more ops and waits for those that were taken. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  /** From now on refuses every op for this reason, those that wait included. */
  end(reason: MillraceError): void {
    this.#ended = reason;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#admitSlice();
      await nextTurn();
    }
  }

  /** Verifies ops until the slice of time is over, then commits them together. */
  #admitSlice(): void {
    const end = performance.now() + SLICE_MS;
    let verified: Verified[] = [];
    const commit = (): void => {
      const done = verified;
      verified = [];
      if (done.length > 0) this.#commit(done);
    };
    let taken = 0;
    do {
      const waiting = this.#waiting[taken]!;
      taken += 1;
      this.#answering(waiting, () => {
        if (this.#ended !== undefined) throw this.#ended;
        const signed = this.#parse(waiting);
        // The ops before it may create its account or raise its nonce.
        if (!this.#mayApply(signed, verified.length)) commit();
        const op = this.#verify(waiting, signed, verified.length);
        if (op !== undefined) verified.push(op);
      });
    } while (taken < this.#waiting.length && performance.now() < end);
    this.#waiting = this.#waiting.slice(taken);
    commit();
  }

  #commit(verified: readonly Verified[]): void {
    try {
      // Nobody is told of an op before all of them are on disk.
      const outcomes = this.#sequencer.atomically(() => verified.map((op) => this.#place(op)));
      verified.forEach(({ waiting }, i) => {
        const outcome = outcomes[i]!;
        if (outcome instanceof MillraceError) this.#refuse(waiting, outcome);
        else {
          this.counts.admitted += 1;
          waiting.answer(outcome);
        }
      });
    } catch (error) {
      for (const { waiting } of verified) waiting.fail(error);
    }
  }

  #place({ id, signed, receivedAt }: Verified): Receipt | MillraceError {
    // The same op may have come twice within the slice.
    const known = this.#known(id);
    if (known !== undefined) return known;
    try {
      const { batch, position, toIndex } = this.#sequencer.place(id, signed, receivedAt);
      return { id, status: 'pending', batch, position, toIndex };
    } catch (error) {
      if (error instanceof MillraceError && error.kind !== 'internal') return error;
      throw error;
    }
  }

  #parse({ json }: Waiting): SignedOp {
    const parsed = signedOpSchema.safeParse(json);
    if (!parsed.success) throw badOp(parsed.error.issues);
    return parsed.data;
  }

  /**
   * Checks an op, the signature last. Undefined if the op was answered: it was admitted before.
   * @param ahead ops that were verified and are not placed yet
   */
  #verify(waiting: Waiting, signed: SignedOp, ahead: number): Verified | undefined {
    const { domain } = this.#store.identity;
    const id = opId(signed.op, domain);
    const known = this.#known(id);
    if (known !== undefined) {
      waiting.answer(known);
      return undefined;
    }
    this.#assertFee(signed);
    this.#sequencer.assertReady();
    const { nonce } = checkSigner(signed, this.#sequencer.account(signed.op.from));
    if (!this.#mayApply(signed, ahead)) throw badNonce(signed, nonce);
    if (!verifySignature(signed.publicKey, signed.signature, signingMessage(signed.op, domain))) {
      throw new MillraceError('refused', 'bad-signature', 'The signature is not of this op', {
        details: { account: signed.op.from, expected: 'a signature of the message', message: id },
        fix: 'Sign this op for this rollup and chain (docs/protocol.md, section 2.1).',
      });
    }
    return { waiting, id, signed, receivedAt: Date.now() };
  }

  /** Whether the account is there and can have the op's nonce after the ops ahead, each of which raises one nonce by one. */
  #mayApply({ op }: SignedOp, ahead: number): boolean {
    const nonce = this.#sequencer.account(op.from)?.nonce;
    return nonce !== undefined && op.nonce >= nonce && op.nonce <= nonce + ahead;
  }

  /** The receipt of an op that was admitted before; one that was rejected may be tried again. */
  #known(id: string): Receipt | undefined {
    const op = this.#store.ops.get(id);
    if (op === undefined || op.status === 'rejected') return undefined;
    this.counts.repeated += 1;
    return receiptOf(op);
  }

  #assertFee({ op }: SignedOp): void {
    const minimum = this.#options.minimumFees.get(op.token) ?? 0n;
    const fee = decodeFee(op.feeCode);
    if (fee >= minimum) return;
    throw new MillraceError('refused', 'fee-too-low', `The fee is below the least one of token ${op.token}`, {
      details: { token: op.token, expected: `at least ${minimum}`, found: String(fee) },
      fix: 'Sign again with a higher fee.',
    });
  }

  #answering(waiting: Waiting, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof MillraceError && error.kind !== 'internal') this.#refuse(waiting, error);
      else waiting.fail(error);
    }
  }

  #refuse(waiting: Waiting, error: MillraceError): void {
    const { refused } = this.counts;
    refused.set(error.code, (refused.get(error.code) ?? 0) + 1);
    waiting.answer(error);
  }

  #assertOpen(more: number): void {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#closed) {
      throw new MillraceError('refused', 'closing', 'The node is stopping', {
        fix: 'Send the op again when the node is back.',
      });
    }
    const limit = this.#options.maxWaiting ?? MAX_WAITING;
    if (this.#waiting.length + more > limit) {
      throw new MillraceError('refused', 'overloaded', 'Too many ops wait for admission', {
        details: { waiting: this.#waiting.length, limit },
        fix: 'Send the ops again in a few seconds.',
      });
    }
  }
}

/** The receipt of an op that is in the store. */
export function receiptOf({ id, status, placement }: StoredOp): Receipt {
  const { batch, position, toIndex } = placement ?? {};
  return { id, status, batch, position, toIndex };
}

function badOp(issues: readonly { path: readonly PropertyKey[]; message: string }[]): MillraceError {
  const problems = issues
    .slice(0, 10)
    .map(({ path, message }) => ({ field: path.map(String).join('.'), problem: message }));
  return new MillraceError('input', 'bad-op', 'This is not a signed op', {
    details: { problems },
    fix: 'Send what protocol/ops.ts describes: indexes, token, feeCode and nonce as numbers, the rest as decimal strings.',
  });
}
