import { type Account, packWord } from './account.ts';
import { MillraceError } from './error.ts';
import { poseidon, poseidonMany } from './poseidon.ts';

/** Arities of the tree's levels by depth in bits, bottom first (docs/protocol.md, section 1). */
export const ARITIES: Readonly<Record<number, readonly number[]>> = {
  8: [4, 8, 8],
  11: [4, 8, 8, 8],
  24: [4, 8, 8, 8, 8, 8, 16, 8],
  32: [4, 8, 8, 8, 8, 8, 16, 8, 16, 16],
};

/** Nodes whose inputs are collected before they are hashed: enough to keep every core busy, and little memory. */
const HASHED_AT_ONCE = 1024;

/**
 * How many of the tree's top levels the circuit keeps as one vector of subtree roots instead of hashing them
 * once an account. `circuits/` has the same table.
 */
export function cachedLevels(depth: number): number {
  return depth < 24 ? 1 : 2;
}

/** Lengths of the vectors that open accounts: a bottom node, the nodes above it, the cached roots. */
export function openingLengths(depth: number): { bottom: number; siblings: number; top: number } {
  const arities = aritiesOf(depth);
  const hashed = arities.length - cachedLevels(depth);
  return {
    bottom: 2 * arities[0]!,
    siblings: arities.slice(1, hashed).reduce((sum, arity) => sum + arity, 0),
    top: arities.slice(hashed).reduce((product, arity) => product * arity, 1),
  };
}

/** What opens one account in the tree. */
export interface Opening {
  /** `keyHash_0, word_0, ..., keyHash_3, word_3` of the account's bottom node. */
  readonly bottom: readonly bigint[];
  /** Children of the nodes above it, up to the cached levels, bottom first, flattened; the own child included. */
  readonly siblings: readonly bigint[];
}

/** An account that is opened, and what is put in its place; `undefined`: it stays as it is. */
export interface TreeUpdate {
  readonly index: number;
  readonly after: Account | undefined;
}

/**
 * Sparse Poseidon tree of accounts. Changes mark their bottom node; hashes are computed when something asks
 * for them, each changed node once, so a batch of changes shares its upper levels.
 */
export class AccountTree {
  readonly depth: number;
  readonly #arities: readonly number[];
  readonly #accounts = new Map<number, Account>();
  /** Hashes by level and place; a place that is missing is an empty subtree. */
  readonly #nodes: Map<number, bigint>[];
  /** Places whose hash is out of date, by level. */
  readonly #dirty: Set<number>[];
  readonly #empty: readonly bigint[];

  /** @throws {MillraceError} `input/unknown-depth` for a depth that {@link ARITIES} does not have */
  constructor(depth: number) {
    this.depth = depth;
    this.#arities = aritiesOf(depth);
    this.#nodes = this.#arities.map(() => new Map());
    this.#dirty = this.#arities.map(() => new Set());
    this.#empty = emptyNodes(depth);
  }

  /** The account at an index, if there is one. */
  get(index: number): Account | undefined {
    return this.#accounts.get(index);
  }

  /** Puts an account at an index, or takes it away. @param index `0 <= index < 2^depth` */
  set(index: number, account: Account | undefined): void {
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** this.depth) {
      throw new MillraceError('internal', 'bad-index', 'This index is outside of the tree', {
        details: { expected: `0 <= index < 2^${this.depth}`, found: index },
      });
    }
    if (account === undefined) this.#accounts.delete(index);
    else this.#accounts.set(index, account);
    this.#dirty[0]!.add(Math.floor(index / this.#arities[0]!));
  }

  /** Accounts with their indexes, in no order. */
  entries(): IterableIterator<[number, Account]> {
    return this.#accounts.entries();
  }

  /** Root of the tree (the state root binds the number of accounts as well). */
  get root(): bigint {
    this.#refresh(this.#arities.length);
    return this.#node(this.#arities.length - 1, 0);
  }

  /** Everything that the circuit needs to hash from the account at `index` up to the cached levels, as of now. */
  opening(index: number): Opening {
    const hashed = this.#arities.length - cachedLevels(this.depth);
    this.#refresh(hashed);
    const { bottom, children } = this.#openingUpTo(hashed, index);
    return { bottom, siblings: children };
  }

  /**
   * Puts accounts at indexes, one after the other.
   * @returns the {@link AccountTree.opening} of each just before its own update
   */
  openAndSet(updates: readonly TreeUpdate[]): Opening[] {
    const hashed = this.#arities.length - cachedLevels(this.depth);
    this.#refresh(hashed);
    // Level by level for all of them: no hash of a level depends on another one of it, so all are computed at once.
    const bottoms: bigint[][] = [];
    const siblings: bigint[][] = updates.map(() => []);
    let places = updates.map(({ index }) => Math.floor(index / this.#arities[0]!));
    const inputs: bigint[] = [];
    for (const [i, { index, after }] of updates.entries()) {
      bottoms.push(this.#bottomElements(places[i]!));
      if (after === undefined) continue;
      this.set(index, after);
      inputs.push(...this.#bottomElements(places[i]!));
    }
    let hashes = this.#hashesOf(updates, 2 * this.#arities[0]!, inputs);
    for (let level = 1; level < hashed; level++) {
      inputs.length = 0;
      const parents = places.map((place) => Math.floor(place / this.#arities[level]!));
      for (const [i, parent] of parents.entries()) {
        siblings[i]!.push(...this.#children(level, parent));
        if (hashes[i] === undefined) continue;
        this.#nodes[level - 1]!.set(places[i]!, hashes[i]);
        inputs.push(...this.#children(level, parent));
      }
      hashes = this.#hashesOf(updates, this.#arities[level]!, inputs);
      places = parents;
    }
    for (const [i, place] of places.entries()) {
      if (hashes[i] === undefined) continue;
      this.#nodes[hashed - 1]!.set(place, hashes[i]);
      this.#dirty[hashed]!.add(Math.floor(place / this.#arities[hashed]!));
    }
    this.#dirty[0]!.clear();
    return updates.map((_, i) => ({ bottom: bottoms[i]!, siblings: siblings[i]! }));
  }

  /** One for each update that changes something, from `each` inputs. */
  #hashesOf(updates: readonly TreeUpdate[], each: number, inputs: readonly bigint[]): (bigint | undefined)[] {
    const hashes = poseidonMany(each, inputs);
    let next = 0;
    return updates.map(({ after }) => (after === undefined ? undefined : hashes[next++]!));
  }

  /** The account's bottom node and the children of all nodes above it up to the root, bottom first, as of now. */
  path(index: number): { bottom: bigint[]; children: bigint[] } {
    const levels = this.#arities.length;
    this.#refresh(levels);
    return this.#openingUpTo(levels, index);
  }

  /** Roots of the subtrees below the cached levels, in index order, as of now. */
  cachedRoots(): bigint[] {
    const hashed = this.#arities.length - cachedLevels(this.depth);
    this.#refresh(hashed);
    const { top } = openingLengths(this.depth);
    return Array.from({ length: top }, (_, place) => this.#node(hashed - 1, place));
  }

  #openingUpTo(levels: number, index: number): { bottom: bigint[]; children: bigint[] } {
    let place = Math.floor(index / this.#arities[0]!);
    const bottom = this.#bottomElements(place);
    const children: bigint[] = [];
    for (let level = 1; level < levels; level++) {
      place = Math.floor(place / this.#arities[level]!);
      children.push(...this.#children(level, place));
    }
    return { bottom, children };
  }

  /** Brings the hashes of the lowest `levels` levels up to date. */
  #refresh(levels: number): void {
    for (let level = 0; level < levels; level++) {
      const dirty = this.#dirty[level]!;
      const places = [...dirty];
      for (let start = 0; start < places.length; start += HASHED_AT_ONCE) {
        this.#rehash(level, places.slice(start, start + HASHED_AT_ONCE));
      }
      dirty.clear();
    }
  }

  #rehash(level: number, places: readonly number[]): void {
    const elements = (place: number) =>
      level === 0 ? this.#bottomElements(place) : this.#children(level, place);
    const arity = this.#arities[level]!;
    const hashes = poseidonMany(level === 0 ? 2 * arity : arity, places.flatMap(elements));
    places.forEach((place, i) => {
      this.#nodes[level]!.set(place, hashes[i]!);
      this.#dirty[level + 1]?.add(Math.floor(place / this.#arities[level + 1]!));
    });
  }

  #node(level: number, place: number): bigint {
    return this.#nodes[level]!.get(place) ?? this.#empty[level]!;
  }

  #children(level: number, place: number): bigint[] {
    const arity = this.#arities[level]!;
    return Array.from({ length: arity }, (_, child) => this.#node(level - 1, place * arity + child));
  }

  #bottomElements(place: number): bigint[] {
    const arity = this.#arities[0]!;
    const elements: bigint[] = [];
    for (let index = place * arity; index < (place + 1) * arity; index++) {
      const account = this.#accounts.get(index);
      elements.push(account?.keyHash ?? 0n, packWord(account));
    }
    return elements;
  }
}

/** Hashes of the empty node of every level, bottom first; the last is the root of the empty tree. */
export function emptyNodes(depth: number): bigint[] {
  const nodes: bigint[] = [];
  for (const arity of aritiesOf(depth)) {
    const below = nodes.at(-1);
    nodes.push(poseidon(Array<bigint>(below === undefined ? 2 * arity : arity).fill(below ?? 0n)));
  }
  return nodes;
}

function aritiesOf(depth: number): readonly number[] {
  const arities = ARITIES[depth];
  if (arities === undefined) {
    throw new MillraceError('input', 'unknown-depth', `There is no account tree of depth ${depth}`, {
      details: { expected: Object.keys(ARITIES), found: depth },
      fix: 'Use one of the depths of docs/protocol.md, section 1.',
    });
  }
  return arities;
}
