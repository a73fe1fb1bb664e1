import { keyHash } from '../keys.ts';
import {
  type Deposit,
  decodeL1Op,
  encodeL1Result,
  type ForcedExit,
  type L1Elements,
  NO_L1_OP,
} from '../l1-ops.ts';
import type { L1Entry } from '../vector.ts';
import { expectEqual, translate } from './broken-rule.ts';
import type { WitnessSlots } from './slots.ts';
import type { ParsedWitness } from './witness-schema.ts';

/**
 * Applies L1 op `t` of a witness to its slots and gives what the public data say of it.
 * @throws {BrokenRule}
 */
export function checkL1Op(witness: ParsedWitness, t: number, slots: WitnessSlots): L1Entry {
  const elements: L1Elements = [witness.l1E0[t]!, witness.l1E1[t]!, witness.l1E2[t]!];
  const op = { layer: 'L1', index: t } as const;
  if (elements.every((element, i) => element === NO_L1_OP[i])) {
    expectOutcome(witness, t, { index: 0n, create: 0n }, 'An unused place touches no account');
    return { elements, result: 0n };
  }
  const decoded = translate(
    () => decodeL1Op(elements),
    () => ({ op, signal: `l1E0[${t}]` }),
  );
  const result =
    decoded.type === 'deposit' ? deposit(witness, t, decoded, slots) : forcedExit(witness, t, decoded, slots);
  return { elements, result };
}

function deposit(
  witness: ParsedWitness,
  t: number,
  { keyHash, token, amount }: Deposit,
  slots: WitnessSlots,
): bigint {
  const index = witness.l1Index[t]!;
  const place = { op: { layer: 'L1', index: t } as const, signal: `l1Index[${t}]` };
  if (witness.l1Create[t] === 1n) {
    slots.create({ keyHash, token, nonce: 0, balance: amount }, index, place);
    return encodeL1Result({ index: Number(index), token: 0, amount: 0n });
  }
  expectOutcome(witness, t, { index, create: 0n }, '`l1Create` is 0 or 1');
  const about = { rule: 'l1-outcome', ...place };
  if (index === 0n) {
    const message = 'A deposit is refused only when the tree is full';
    expectEqual(slots.accountCount, slots.capacity, { ...about, message });
    return encodeL1Result({ index: 0, token, amount });
  }
  const account = slots.get(index, place);
  expectEqual(account?.keyHash ?? 0n, keyHash, {
    ...about,
    message: 'The account that is topped up has another key',
  });
  expectEqual(BigInt(account?.token ?? 0), BigInt(token), {
    ...about,
    message: 'The account that is topped up is of another token',
  });
  slots.credit(index, amount);
  return encodeL1Result({ index: Number(index), token: 0, amount: 0n });
}

function forcedExit(witness: ParsedWitness, t: number, exit: ForcedExit, slots: WitnessSlots): bigint {
  const index = BigInt(exit.index);
  expectOutcome(
    witness,
    t,
    { index, create: 0n },
    'A forced exit touches the account that it names and creates none',
  );
  const account = slots.get(index, { op: { layer: 'L1', index: t }, signal: `l1Index[${t}]` });
  if (account === undefined || account.keyHash !== keyHash(exit.publicKey, exit.owner)) return 0n;
  slots.set(index, { ...account, balance: 0n });
  return encodeL1Result({ index: exit.index, token: account.token, amount: account.balance });
}

function expectOutcome(
  witness: ParsedWitness,
  t: number,
  expected: { index: bigint; create: bigint },
  message: string,
): void {
  const about = { rule: 'l1-outcome', message, op: { layer: 'L1', index: t } as const };
  expectEqual(witness.l1Index[t]!, expected.index, { ...about, signal: `l1Index[${t}]` });
  expectEqual(witness.l1Create[t]!, expected.create, { ...about, signal: `l1Create[${t}]` });
}
