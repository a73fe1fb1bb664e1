import { type Account, NONCE_LIMIT } from '../../protocol/account.ts';
import { domain } from '../../protocol/domain.ts';
import { MillraceError } from '../../protocol/error.ts';
import { decodeFee } from '../../protocol/fee.ts';
import { type KeyPair, keyHash, keyPairFromPrivateKey } from '../../protocol/keys.ts';
import type { L1Op } from '../../protocol/l1-ops.ts';
import { type L2Op, type SignedOp, signOp, type Withdraw } from '../../protocol/ops.ts';
import type { Shape } from '../../protocol/shape.ts';
import { State } from '../../protocol/state.ts';
import { BatchDraft, type SealedBatch } from '../../protocol/transition.ts';
import { Random } from '../../scripts/random.ts';

export interface Holder {
  readonly key: KeyPair;
  /** L1 address as an integer. */
  readonly owner: bigint;
  readonly keyHash: bigint;
}

export interface RandomBatch {
  readonly batch: SealedBatch;
  /** The ops that it applied, in order. */
  readonly l1: readonly L1Op[];
  readonly l2: readonly SignedOp[];
  /** Codes of the ops that were offered and refused. */
  readonly refused: readonly string[];
}

/** `empty`: no op. `l1`: L1 ops only. `full`: until something is full. `mixed`: any of these or a few ops of each kind. */
export type BatchKind = 'empty' | 'l1' | 'full' | 'mixed';

/** `fresh`: no account. `populated`: some accounts, with nonces and balances at their limits. `crowded`: room for two more. */
export type Start = 'fresh' | 'populated' | 'crowded';

const HOLDERS = 5;
const TOKENS = [1, 2, 3, 4, 5, 65535];
/** Tokens that the operator takes fees in: more than a batch can name. */
const FEE_TOKENS = [1, 2, 3, 4, 5];

/** The holder with this number; number 0 is the operator. */
export function holder(number: number): Holder {
  const privateKey = new Uint8Array(32).fill(number + 1);
  const key = keyPairFromPrivateKey(privateKey);
  const owner = (0xabcdef00000000000000000000000000000000n << 8n) + BigInt(number);
  return { key, owner, keyHash: keyHash(key.publicKey, owner) };
}

/** A rollup that makes one random batch after the other; the same seed makes the same batches. */
export class RandomRollup {
  readonly state: State;
  readonly domain: bigint;
  readonly holders: readonly Holder[] = Array.from({ length: HOLDERS }, (_, i) => holder(i));
  readonly #random: Random;
  #number = 0;

  /** @param depth `crowded` needs a small one: it fills the tree */
  constructor(seed: number, depth: number, start: Start = 'populated') {
    this.#random = new Random(seed);
    this.domain = domain(31337n, `0x${'5a'.repeat(20)}`);
    this.state = State.restore(depth, this.#accounts(depth, start));
  }

  nextBatch(shape: Shape, kind: BatchKind = 'mixed', shapeId = 0): RandomBatch {
    const random = this.#random;
    this.#number += 1;
    const feeAccounts = this.#feeAccounts();
    const draft = new BatchDraft(this.state, shape, {
      domain: this.domain,
      number: this.#number,
      feeAccounts,
    });
    const chosen =
      kind === 'mixed' ? random.pick(['mixed', 'mixed', 'mixed', 'full', 'l1', 'empty'] as const) : kind;
    const most = (places: number) => (chosen === 'full' ? places : random.below(places + 1));

    const l1: L1Op[] = [];
    const l1Wanted = chosen === 'empty' ? 0 : most(shape.n1);
    while (l1.length < l1Wanted) {
      const op = this.#l1Op();
      if (draft.addL1(op) === 'full') break;
      l1.push(op);
    }

    const l2: SignedOp[] = [];
    const refused: string[] = [];
    const l2Wanted = chosen === 'empty' || chosen === 'l1' ? 0 : most(shape.n2);
    for (let tries = 0; l2.length < l2Wanted && tries < 4 * shape.n2 + 8; tries++) {
      const signed = this.#l2Op(draft);
      if (signed === undefined) break;
      try {
        if (draft.addL2(signed) === 'full') break;
        l2.push(signed);
      } catch (error) {
        if (!(error instanceof MillraceError) || error.kind !== 'refused') throw error;
        refused.push(error.code);
      }
    }
    return { batch: draft.seal(shape, shapeId), l1, l2, refused };
  }

  #accounts(depth: number, start: Start): [number, Account][] {
    if (start === 'fresh') return [];
    const random = this.#random;
    const accounts: Account[] = FEE_TOKENS.map((token) => ({
      keyHash: this.holders[0]!.keyHash,
      token,
      nonce: 0,
      balance: BigInt(random.below(10)),
    }));
    for (const { keyHash } of this.holders.slice(1)) {
      for (const token of TOKENS.filter(() => random.chance(50))) {
        const nonce = random.pick([0, 0, 0, random.below(2 ** 32), NONCE_LIMIT - 1, NONCE_LIMIT]);
        const balance = random.pick([0n, 1n, random.bits(20), random.bits(58), random.bits(58)]);
        accounts.push({ keyHash, token, nonce, balance });
      }
    }
    while (start === 'crowded' && accounts.length < 2 ** depth - 3) {
      accounts.push({ keyHash: BigInt(accounts.length), token: 7, nonce: 0, balance: 1n });
    }
    return accounts.map((account, i) => [i + 1, account]);
  }

  #feeAccounts(): Map<number, number> {
    const operator = this.holders[0]!.keyHash;
    const accounts = new Map<number, number>();
    for (const token of FEE_TOKENS) {
      const index = this.state.find(operator, token);
      if (index !== undefined) accounts.set(token, index);
    }
    return accounts;
  }

  #l1Op(): L1Op {
    const random = this.#random;
    const { keyHash, owner } = random.pick(this.holders);
    if (random.chance(60)) {
      const amount = random.pick([1n, 1n + random.bits(16), 1n + random.bits(56)]);
      const stranger = random.chance(15);
      return {
        type: 'deposit',
        depositor: owner,
        token: random.pick(TOKENS),
        amount,
        keyHash: stranger ? 1n + random.bits(253) : keyHash,
      };
    }
    // Any index, existing or not; the account's own holder most of the time.
    const last = this.state.capacity - 1;
    const count = Math.min(this.state.accountCount, last);
    const index = random.pick([random.below(count + 1), random.below(count + 1), 0, last]);
    const account = this.state.get(index);
    const own = this.holders.find((candidate) => candidate.keyHash === account?.keyHash);
    const by = own !== undefined && random.chance(70) ? own : random.pick(this.holders);
    return { type: 'forcedExit', owner: by.owner, index, publicKey: by.key.publicKey };
  }

  /** An op that mostly applies to the draft as it is; undefined if no holder can sign any. */
  #l2Op(draft: BatchDraft): SignedOp | undefined {
    const random = this.#random;
    const own: [number, Account, Holder][] = [];
    for (let index = 1; index < draft.accountCount; index++) {
      const account = draft.account(index);
      const by = this.holders.find(({ keyHash }) => keyHash === account?.keyHash);
      if (account !== undefined && by !== undefined) own.push([index, account, by]);
    }
    const able = own.filter(([, { nonce }]) => nonce < NONCE_LIMIT);
    const paying = able.filter(([, { balance }]) => balance > 0n);
    if (able.length === 0) return undefined;
    const [from, { token, nonce, balance }, signer] = random.pick(
      paying.length > 0 && random.chance(90) ? paying : able,
    );
    const offered = random.pick([0, 1, random.below(256), random.below(1024), random.below(4096)]);
    const feeCode = decodeFee(offered) <= balance ? offered : 0;
    const rest = balance - decodeFee(feeCode);
    const amount = random.pick([0n, rest, rest / 2n, rest / 3n, rest / 1000n, rest > 0n ? 1n : 0n]);
    const payment = { from, token, amount, feeCode, nonce: random.chance(95) ? nonce : nonce + 1 };
    const payees = own.filter(([, account]) => account.token === token).map(([index]) => index);
    return signOp(this.#withTarget(payment, payees), signer.key, signer.owner, this.domain);
  }

  #withTarget(payment: Omit<Withdraw, 'type'>, payees: readonly number[]): L2Op {
    const random = this.#random;
    const type = random.pick([
      'transfer',
      'transfer',
      'transfer',
      'self',
      'transferToNew',
      'withdraw',
    ] as const);
    if (type === 'withdraw') return { type, ...payment };
    if (type === 'transferToNew') {
      const known = random.pick(this.holders).keyHash;
      return { type, ...payment, toKeyHash: random.chance(50) ? known : 1n + random.bits(253) };
    }
    return { type: 'transfer', ...payment, to: type === 'self' ? payment.from : random.pick(payees) };
  }
}
