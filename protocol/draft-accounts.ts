import { type Account, BALANCE_LIMIT } from './account.ts';
import { MillraceError } from './error.ts';
import { type AccountChange, holderKey, type State } from './state.ts';

/** The accounts as a batch in the making has changed them, over a state that stays as it is. */
export class DraftAccounts {
  readonly #state: State;
  /** Touched accounts and what they are now. */
  readonly #touched = new Map<number, Account | undefined>();
  readonly #created = new Map<string, number>();
  #accountCount: number;

  constructor(state: State) {
    this.#state = state;
    this.#accountCount = state.accountCount;
  }

  /** The next index to be created. */
  get accountCount(): number {
    return this.#accountCount;
  }

  get isFull(): boolean {
    return this.#accountCount >= this.#state.capacity;
  }

  get(index: number): Account | undefined {
    return this.#touched.has(index) ? this.#touched.get(index) : this.#state.get(index);
  }

  find(keyHash: bigint, token: number): number | undefined {
    return this.#state.find(keyHash, token) ?? this.#created.get(holderKey(keyHash, token));
  }

  /** How many distinct accounts the batch touches if it touches these too. */
  countWith(indexes: readonly number[]): number {
    return this.#touched.size + new Set(indexes.filter((index) => !this.#touched.has(index))).size;
  }

  /** Gives the account a slot, changed or not. */
  touch(index: number): void {
    if (!this.#touched.has(index)) this.#touched.set(index, this.#state.get(index));
  }

  set(index: number, account: Account): void {
    this.#touched.set(index, account);
  }

  /** Creates the next account and returns its index. */
  create(account: Account): number {
    const index = this.#accountCount;
    this.#accountCount += 1;
    this.#touched.set(index, account);
    const key = holderKey(account.keyHash, account.token);
    if (!this.#created.has(key)) this.#created.set(key, index);
    return index;
  }

  /**
   * Adds to the balance of an account that exists.
   * @throws {MillraceError} `internal/balance-overflow`: L1 lets no token's deposits reach 2^64 units
   */
  credit(index: number, amount: bigint): void {
    const account = this.get(index);
    if (account === undefined || account.balance + amount >= BALANCE_LIMIT) {
      throw new MillraceError('internal', 'balance-overflow', 'This credit cannot be', {
        details: { account: index, balance: account?.balance.toString(), credit: amount.toString() },
      });
    }
    this.set(index, { ...account, balance: account.balance + amount });
  }

  /** Indexes of the touched accounts, ascending. */
  touchedIndexes(): number[] {
    return [...this.#touched.keys()].sort((a, b) => a - b);
  }

  /** The change of a touched account; undefined if it is as it was. */
  change(index: number): AccountChange | undefined {
    const before = this.#state.get(index);
    const after = this.get(index);
    if (after === undefined || after === before) return undefined;
    return { index, before, after };
  }
}
