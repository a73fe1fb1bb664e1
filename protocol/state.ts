import type { Account } from './account.ts';
import { MillraceError } from './error.ts';
import { poseidon } from './poseidon.ts';
import { AccountTree, emptyNodes, type Opening, type TreeUpdate } from './tree.ts';

/** One account as a batch changed it. `before` is missing when the batch created it. */
export interface AccountChange {
  readonly index: number;
  readonly before?: Account | undefined;
  readonly after: Account;
}

/** State root = `P_2(treeRoot, accountCount)` (docs/protocol.md, section 1). */
export function stateRoot(treeRoot: bigint, accountCount: number): bigint {
  return poseidon([treeRoot, BigInt(accountCount)]);
}

/** Root of the state with no account, with which a rollup starts. */
export function genesisRoot(depth: number): bigint {
  return stateRoot(emptyNodes(depth).at(-1)!, FIRST_INDEX);
}

/** Index of the first account; index 0 is never used. */
export const FIRST_INDEX = 1;

/** The rollup's state: accounts by index, their tree, and who has an account of which token. */
export class State {
  readonly depth: number;
  readonly #tree: AccountTree;
  /** Key hash and token to the lowest index that has them. */
  readonly #holders = new Map<string, number>();
  #accountCount = FIRST_INDEX;
  #revision = 0;

  /** The genesis state. @throws {MillraceError} `input/unknown-depth` */
  constructor(depth: number) {
    this.depth = depth;
    this.#tree = new AccountTree(depth);
  }

  /**
   * The state with these accounts, which must stand at `1 .. accountCount - 1` without a gap.
   * @throws {MillraceError} `input/bad-snapshot` names the first index that is missing or out of place
   */
  static restore(depth: number, accounts: Iterable<readonly [index: number, account: Account]>): State {
    const state = new State(depth);
    const sorted = [...accounts].sort(([a], [b]) => a - b);
    sorted.forEach(([index, account], i) => {
      if (index !== FIRST_INDEX + i || index >= state.capacity) {
        throw new MillraceError(
          'input',
          'bad-snapshot',
          'A snapshot has an account at every index from 1 on',
          {
            details: { expected: FIRST_INDEX + i, found: index, capacity: state.capacity },
            fix: 'Restore from a complete list of accounts of a tree of the same depth.',
          },
        );
      }
      state.#put(index, account);
    });
    state.#accountCount = FIRST_INDEX + sorted.length;
    return state;
  }

  /** Accounts with their indexes, ascending: what {@link State.restore} takes. */
  snapshot(): [index: number, account: Account][] {
    return [...this.#tree.entries()].sort(([a], [b]) => a - b);
  }

  /** The next index to be created. */
  get accountCount(): number {
    return this.#accountCount;
  }

  /** First index that does not exist in this tree. */
  get capacity(): number {
    return 2 ** this.depth;
  }

  /** Rises with every change. */
  get revision(): number {
    return this.#revision;
  }

  get root(): bigint {
    return stateRoot(this.#tree.root, this.#accountCount);
  }

  /** Root of the account tree alone. */
  get treeRoot(): bigint {
    return this.#tree.root;
  }

  get(index: number): Account | undefined {
    return this.#tree.get(index);
  }

  /** Index of the account of this token that belongs to this key hash; the lowest if there are several. */
  find(keyHash: bigint, token: number): number | undefined {
    return this.#holders.get(holderKey(keyHash, token));
  }

  /** @see AccountTree.opening */
  opening(index: number): Opening {
    return this.#tree.opening(index);
  }

  /** @see AccountTree.path */
  path(index: number): { bottom: bigint[]; children: bigint[] } {
    return this.#tree.path(index);
  }

  /** @see AccountTree.cachedRoots */
  cachedRoots(): bigint[] {
    return this.#tree.cachedRoots();
  }

  /** Applies one change; whoever creates accounts sets {@link State.setAccountCount} too. */
  apply(change: AccountChange): void {
    this.#put(change.index, change.after);
  }

  /** Applies the updates in order, as {@link State.apply} does. @see AccountTree.openAndSet */
  openAndApply(updates: readonly TreeUpdate[]): Opening[] {
    const openings = this.#tree.openAndSet(updates);
    for (const { index, after } of updates) if (after !== undefined) this.#note(index, after);
    return openings;
  }

  setAccountCount(count: number): void {
    this.#revision += 1;
    this.#accountCount = count;
  }

  /** Takes a batch back, newest batch first. */
  undo(batch: { changes: readonly AccountChange[]; accountCountBefore: number }): void {
    for (const { index, before, after } of batch.changes) {
      if (before === undefined) {
        this.#tree.set(index, undefined);
        const key = holderKey(after.keyHash, after.token);
        if (this.#holders.get(key) === index) this.#holders.delete(key);
      } else {
        this.#put(index, before);
      }
    }
    this.setAccountCount(batch.accountCountBefore);
  }

  #put(index: number, account: Account): void {
    this.#tree.set(index, account);
    this.#note(index, account);
  }

  /** What else follows from an account that the tree has now. */
  #note(index: number, account: Account): void {
    this.#revision += 1;
    const key = holderKey(account.keyHash, account.token);
    const holder = this.#holders.get(key);
    if (holder === undefined || holder > index) this.#holders.set(key, index);
  }
}

/**
 * Key of an index over (keyHash, token) pairs. A string, since V8 hashes a bigint by its lowest 64 bits alone,
 * which a depositor chooses; its hash of strings is seeded.
 */
export function holderKey(keyHash: bigint, token: number): string {
  return `${keyHash.toString(16)}:${token}`;
}
