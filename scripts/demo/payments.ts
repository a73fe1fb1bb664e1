import { MillraceError } from '../../protocol/error.ts';
import { type L2Op, signOp } from '../../protocol/ops.ts';
import type { NodeApi } from './node-api.ts';
import { ledgerKey, type PlainLedger } from './plain-ledger.ts';
import type { SkippedLine, Transfer } from './transfers-csv.ts';
import type { DemoWallets } from './wallets.ts';

interface KnownAccount {
  readonly index: number;
  nonce: number;
}

export interface PaymentCounts {
  transfers: number;
  transfersToNew: number;
  withdrawals: number;
}

/** A withdrawal that the node took. */
export interface SentWithdrawal {
  readonly owner: string;
  readonly token: string;
  /** Token units. */
  readonly amount: bigint;
  readonly opId: string;
}

export interface PaymentsOptions {
  readonly api: NodeApi;
  readonly wallets: DemoWallets;
  readonly domain: bigint;
  readonly tokenIds: ReadonlyMap<string, number>;
  /** The fee of every op: its code and what it comes to in token units. */
  readonly feeCode: number;
  readonly fee: bigint;
  /** Kept in step with what the node took. */
  readonly ledger: PlainLedger;
}

/**
 * Signs ops for the holders and hands them to the node one by one, as wallets would. What the node refuses is
 * reported with its line; the rest goes on.
 */
export class Payments {
  readonly counts: PaymentCounts = { transfers: 0, transfersToNew: 0, withdrawals: 0 };
  readonly skipped: SkippedLine[] = [];
  /** Fees of all ops that the node took, in token units by token. */
  readonly feesPaid = new Map<string, bigint>();
  /** Ids of all ops that the node took. */
  readonly opIds: string[] = [];
  readonly #options: PaymentsOptions;
  readonly #accounts = new Map<string, KnownAccount>();

  constructor(options: PaymentsOptions) {
    this.#options = options;
  }

  /** Pays one transfer of the file: to the receiver's account, or to a new one. */
  async transfer({ line, from, to, token, amount }: Transfer): Promise<void> {
    const payer = await this.#account(from, token);
    if (!payer) {
      this.skipped.push({ line, reason: `overdraft: ${from} has no account of ${token}` });
      return;
    }
    const payee = await this.#account(to, token);
    const toKeyHash = this.#options.wallets.of(to).keyHash;
    const payment = this.#payment(payer, token, amount);
    const op: L2Op = payee
      ? { type: 'transfer', to: payee.index, ...payment }
      : { type: 'transferToNew', toKeyHash, ...payment };
    const toIndex = await this.#send(op, payer, from, line);
    if (toIndex === undefined) return;
    if (!payee) this.#accounts.set(ledgerKey(to, token), { index: toIndex, nonce: 0 });
    this.counts[payee ? 'transfers' : 'transfersToNew'] += 1;
    this.#debit(from, token, amount);
    this.#options.ledger.credit(to, token, amount);
  }

  /** Withdraws to the L1 address that owns the account. */
  async withdraw(owner: string, token: string, amount: bigint): Promise<SentWithdrawal | undefined> {
    const account = await this.#account(owner, token);
    if (!account) return undefined;
    const op: L2Op = { type: 'withdraw', ...this.#payment(account, token, amount) };
    if ((await this.#send(op, account, owner, 0)) === undefined) return undefined;
    this.counts.withdrawals += 1;
    this.#debit(owner, token, amount);
    return { owner, token, amount, opId: this.opIds.at(-1)! };
  }

  #debit(address: string, token: string, amount: bigint): void {
    const { ledger, fee } = this.#options;
    ledger.pay(address, token, amount + fee);
    this.feesPaid.set(token, (this.feesPaid.get(token) ?? 0n) + fee);
  }

  #payment(account: KnownAccount, token: string, amount: bigint) {
    const { tokenIds, feeCode } = this.#options;
    return { from: account.index, nonce: account.nonce, token: tokenIds.get(token)!, amount, feeCode };
  }

  /** @returns the receiving account's index (0 for a withdrawal), or undefined if the node refused the op. */
  async #send(op: L2Op, payer: KnownAccount, owner: string, line: number): Promise<number | undefined> {
    const { api, wallets, domain } = this.#options;
    const signed = signOp(op, wallets.of(owner).key, BigInt(owner), domain);
    try {
      const receipt = await api.submit(signed);
      payer.nonce += 1;
      this.opIds.push(receipt.id);
      return receipt.toIndex ?? 0;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.kind === 'internal') throw error;
      const what = error.code === 'insufficient-balance' ? 'overdraft' : error.code;
      this.skipped.push({ line, reason: `${what}: ${error.message}` });
      return undefined;
    }
  }

  async #account(address: string, token: string): Promise<KnownAccount | undefined> {
    const key = ledgerKey(address, token);
    let account = this.#accounts.get(key);
    if (!account) {
      const { api, wallets, tokenIds } = this.#options;
      const found = await api.findAccount(wallets.of(address).keyHash, tokenIds.get(token)!);
      if (!found) return undefined;
      account = { index: found.index, nonce: found.nonce };
      this.#accounts.set(key, account);
    }
    return account;
  }
}
