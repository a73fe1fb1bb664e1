import { type Account, packWord, unpackWord, WORD_BITS } from '../account.ts';
import { poseidon } from '../poseidon.ts';
import { ARITIES, cachedLevels } from '../tree.ts';
import { BrokenRule, expectEqual, type Place } from './broken-rule.ts';
import type { ParsedWitness } from './witness-schema.ts';

/** The account slots of a witness: what they open, and the tree as their updates change it. */
export class WitnessSlots {
  readonly #witness: ParsedWitness;
  readonly #depth: number;
  #accountCount: bigint;
  /** Accounts by index, as the ops so far leave them; undefined where none exists. */
  readonly #accounts = new Map<bigint, Account | undefined>();

  /** @throws {BrokenRule} if the slots do not rise, or one does not hold what its bottom node has */
  constructor(witness: ParsedWitness, depth: number) {
    this.#witness = witness;
    this.#depth = depth;
    this.#accountCount = witness.oldAccountCount;
    witness.slotIndex.forEach((index, j) => {
      const signal = `slotIndex[${j}]`;
      const before = witness.slotIndex[j - 1];
      if (before !== undefined && index <= before) {
        throw new BrokenRule({
          rule: 'slot-order',
          message: 'Slot indexes rise strictly',
          signal,
          expected: `above ${before}`,
          found: `${index}`,
        });
      }
      if (index >= 2n ** BigInt(depth)) {
        throw new BrokenRule({
          rule: 'slot-range',
          message: 'This index is outside of the tree',
          signal,
          expected: `below 2^${depth}`,
          found: `${index}`,
        });
      }
      this.#accounts.set(index, this.#read(j));
      this.#open(j);
    });
  }

  /** The next index to be created. */
  get accountCount(): bigint {
    return this.#accountCount;
  }

  /** First index that does not exist in this tree. */
  get capacity(): bigint {
    return 2n ** BigInt(this.#depth);
  }

  /**
   * The account at an index that a slot opens, as the ops so far leave it; undefined if there is none.
   * @throws {BrokenRule} `no-slot`
   */
  get(index: bigint, place: Place): Account | undefined {
    if (!this.#accounts.has(index)) {
      throw new BrokenRule({
        rule: 'no-slot',
        message: `No slot opens account ${index}`,
        ...place,
        expected: 'an index of slotIndex',
        found: `${index}`,
      });
    }
    return this.#accounts.get(index);
  }

  set(index: bigint, account: Account): void {
    this.#accounts.set(index, account);
  }

  /** Adds to a balance; L1 sees to it that no balance overflows. */
  credit(index: bigint, amount: bigint): void {
    const account = this.#accounts.get(index);
    if (account !== undefined) this.set(index, { ...account, balance: account.balance + amount });
  }

  /** @throws {BrokenRule} `tree-full`, `creation` or `no-slot` */
  create(account: Account, index: bigint, place: Place): void {
    if (this.#accountCount >= this.capacity) {
      throw new BrokenRule({
        rule: 'tree-full',
        message: 'The tree has no room for another account',
        ...place,
        expected: `below ${this.capacity}`,
        found: `${this.#accountCount}`,
      });
    }
    expectEqual(index, this.#accountCount, {
      rule: 'creation',
      message: 'An account is created at the next free index',
      ...place,
    });
    const there = this.get(index, place);
    if (there !== undefined) {
      throw new BrokenRule({
        rule: 'creation',
        message: 'There is an account where one is created',
        ...place,
        expected: 'none',
        found: `${there.keyHash}`,
      });
    }
    this.set(index, account);
    this.#accountCount += 1n;
  }

  /** Root of the tree before the batch, from the cached subtree roots. */
  oldTreeRoot(): bigint {
    return this.#rootOf(this.#witness.top);
  }

  /**
   * Updates the slots in order and gives the root after it.
   * @throws {BrokenRule} if a slot was not opened against the tree as the slots before it left it
   */
  newTreeRoot(): bigint {
    const top = [...this.#witness.top];
    const changed = new Set<number>();
    this.#witness.slotIndex.forEach((index, j) => {
      const { root, place } = this.#open(j);
      expectEqual(root, top[place]!, {
        rule: 'slot-opening',
        message: changed.has(place)
          ? 'This slot was not opened against the tree as the ops leave the slots before it'
          : "This slot's node is not in the old tree",
        signal: `bottom[${j}]`,
      });
      top[place] = this.#open(j, this.#accounts.get(index)).root;
      changed.add(place);
    });
    return this.#rootOf(top);
  }

  #read(j: number): Account | undefined {
    const keyHash = this.#witness.slotKeyHash[j]!;
    const word = this.#witness.slotWord[j]!;
    if (word >> BigInt(WORD_BITS) !== 0n) {
      throw new BrokenRule({
        rule: 'slot-range',
        message: 'This is no account word',
        signal: `slotWord[${j}]`,
        expected: `below 2^${WORD_BITS}`,
        found: `${word}`,
      });
    }
    return keyHash === 0n && word === 0n ? undefined : { keyHash, ...unpackWord(word) };
  }

  /** Hashes slot `j` up to its cached subtree root: as it was opened or, with an account, as it is closed. */
  #open(j: number, after?: Account): { root: bigint; place: number } {
    const [bottomArity = 0, ...upper] = ARITIES[this.#depth]!;
    const index = Number(this.#witness.slotIndex[j]!);
    const elements = [...this.#witness.bottom[j]!];
    const own = 2 * (index % bottomArity);
    const about = { rule: 'slot-opening', message: "This slot's account is not the one in its bottom node" };
    expectEqual(elements[own]!, this.#witness.slotKeyHash[j]!, { ...about, signal: `bottom[${j}][${own}]` });
    expectEqual(elements[own + 1]!, this.#witness.slotWord[j]!, {
      ...about,
      signal: `bottom[${j}][${own + 1}]`,
    });
    let old = poseidon(elements);
    if (after !== undefined) elements.splice(own, 2, after.keyHash, packWord(after));
    let node = poseidon(elements);
    let place = Math.floor(index / bottomArity);
    let offset = 0;
    for (const arity of upper.slice(0, upper.length - cachedLevels(this.#depth))) {
      const children = this.#witness.siblings[j]!.slice(offset, offset + arity);
      const child = place % arity;
      expectEqual(children[child]!, old, {
        rule: 'slot-opening',
        message: "A node on this slot's path is not the hash of what is below it",
        signal: `siblings[${j}][${offset + child}]`,
      });
      old = poseidon(children);
      children[child] = node;
      node = poseidon(children);
      place = Math.floor(place / arity);
      offset += arity;
    }
    return { root: node, place };
  }

  #rootOf(top: readonly bigint[]): bigint {
    const arities = ARITIES[this.#depth]!;
    let level = top;
    for (const arity of arities.slice(arities.length - cachedLevels(this.#depth))) {
      const below = level;
      level = Array.from({ length: below.length / arity }, (_, i) =>
        poseidon(below.slice(i * arity, (i + 1) * arity)),
      );
    }
    return level[0]!;
  }
}
