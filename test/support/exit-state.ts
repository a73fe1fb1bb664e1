import type { Account } from '../../protocol/account.ts';
import { NONCE_LIMIT } from '../../protocol/account.ts';
import { type ExitWitness, exitOf } from '../../protocol/exit.ts';
import { State } from '../../protocol/state.ts';
import type { Random } from '../../scripts/random.ts';
import { type Holder, holder } from './random-batch.ts';

/** A state with random accounts of a few holders, some with nonce, balance or token at their limits. */
export function randomHoldings(
  random: Random,
  depth: number,
  accounts: number,
): { state: State; holders: Holder[] } {
  const people = [1, 2, 3, 4].map(holder);
  const holders = Array.from({ length: accounts }, () => random.pick(people));
  const state = State.restore(
    depth,
    holders.map(({ keyHash }, i): [number, Account] => [
      i + 1,
      {
        keyHash,
        token: random.pick([1, 2, 65535]),
        nonce: random.pick([0, random.below(2 ** 32), NONCE_LIMIT]),
        balance: random.pick([0n, 1n, random.bits(64), (1n << 64n) - 1n]),
      },
    ]),
  );
  return { state, holders };
}

/** The exit of account `index`, by its holder. */
export function exitBy(state: State, holders: readonly Holder[], index: number) {
  const { key, owner } = holders[index - 1]!;
  return exitOf(state, index, key.publicKey, owner);
}

/** A witness after a change to a copy of it. */
export function changedExit(witness: ExitWitness, change: (copy: ExitDraft) => void): ExitWitness {
  const copy = structuredClone(witness) as unknown as ExitDraft;
  change(copy);
  return copy;
}

type Single =
  | 'root'
  | 'index'
  | 'holding'
  | 'owner'
  | 'token'
  | 'balance'
  | 'nonce'
  | 'ax'
  | 'ay'
  | 'accountCount';
export type ExitDraft = Record<Single, string> & Record<'bottom' | 'children', string[]>;
