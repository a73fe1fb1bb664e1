import type { Account } from '../account.ts';
import { decodeFee } from '../fee.ts';
import { fromLoHi } from '../field.ts';
import { checkPayee, checkPayer, pay } from '../l2-rules.ts';
import { type L2Op, OP_TYPE, type SignedOp } from '../ops.ts';
import { type L2Entry, NO_L2_ENTRY, toEntry } from '../vector.ts';
import { BrokenRule, expectEqual, expectRange, translate } from './broken-rule.ts';
import type { WitnessSlots } from './slots.ts';
import type { ParsedWitness } from './witness-schema.ts';

const TRANSFER = BigInt(OP_TYPE.transfer);
const TRANSFER_TO_NEW = BigInt(OP_TYPE.transferToNew);
const WITHDRAW = BigInt(OP_TYPE.withdraw);

/** Signals that the refusals of {@link checkPayer} speak of. */
const SIGNAL_OF: Readonly<Record<string, string>> = {
  'key-mismatch': 'opAx',
  'insufficient-balance': 'opAmount',
  'bad-signature': 'opS',
  'bad-field': 'opKeyHashLo',
};

/**
 * Applies signed op `i` of a witness to its slots and gives what the public data say of it.
 * @param fees by token; the op's fee is added
 * @throws {BrokenRule}
 */
export function checkL2Op(
  witness: ParsedWitness,
  i: number,
  slots: WitnessSlots,
  fees: Map<number, bigint>,
): L2Entry {
  const op = { layer: 'L2', index: i } as const;
  const place = (name: string) => ({ op, signal: `${name}[${i}]` });
  const type = witness.opType[i]!;
  checkFields(witness, i);
  if (type === 0n) return NO_L2_ENTRY;

  const fromIndex = witness.opFrom[i]!;
  const to = witness.opTo[i]!;
  const from = slots.get(fromIndex, place('opFrom'));
  const payee = type === TRANSFER ? slots.get(to, place('opTo')) : undefined;
  if (type === TRANSFER && from !== undefined) {
    translate(
      () => checkPayee(Number(to), payee, from.token),
      () => place('opTo'),
    );
  }
  const signed = signedOp(witness, i, from);
  const payer = translate(
    () => checkPayer(signed, from, witness.domain, true),
    (code) => place(SIGNAL_OF[code] ?? 'opFrom'),
  );
  const { token } = payer;
  const { amount } = signed.op;
  const fee = decodeFee(signed.op.feeCode);
  slots.set(fromIndex, pay(payer, amount + fee));
  if (type === TRANSFER) slots.credit(to, amount);
  if (signed.op.type === 'transferToNew') {
    slots.create({ keyHash: signed.op.toKeyHash, token, nonce: 0, balance: amount }, to, place('opTo'));
  }
  if (fee > 0n) fees.set(token, (fees.get(token) ?? 0n) + fee);
  return toEntry(signed);
}

/**
 * Credits the fees to the fee accounts that the witness names.
 * @throws {BrokenRule} if one does not exist, two are of one token, or a token has none
 */
export function creditFees(
  witness: ParsedWitness,
  slots: WitnessSlots,
  fees: ReadonlyMap<number, bigint>,
): void {
  const credited = new Set<number>();
  witness.feeIndex.forEach((index, f) => {
    if (index === 0n) return;
    const place = { signal: `feeIndex[${f}]` };
    const account = slots.get(index, place);
    if (account === undefined || credited.has(account.token)) {
      throw new BrokenRule({
        rule: 'fee-account',
        message: 'Fee accounts exist and are of different tokens',
        ...place,
        expected: 'an account of another token',
        found: account === undefined ? 'none' : `token ${account.token}`,
      });
    }
    credited.add(account.token);
    slots.credit(index, fees.get(account.token) ?? 0n);
  });
  const missing = [...fees.keys()].find((token) => !credited.has(token));
  if (missing !== undefined) {
    throw new BrokenRule({
      rule: 'no-fee-account',
      message: `Fees are paid in token ${missing}, for which there is no fee account`,
      signal: 'feeIndex',
      expected: `an account of token ${missing}`,
      found: witness.feeIndex.join(', '),
    });
  }
}

/** Ranges, and zeros where the type of the op has no use for a field. */
function checkFields(witness: ParsedWitness, i: number): void {
  const op = { layer: 'L2', index: i } as const;
  const type = witness.opType[i]!;
  expectRange(`opType[${i}]`, type, 2, op);
  for (const [name, bits, used] of [
    ['opFrom', 32, type !== 0n],
    ['opTo', 32, type === TRANSFER || type === TRANSFER_TO_NEW],
    ['opAmount', 64, type !== 0n],
    ['opFeeCode', 12, type !== 0n],
    ['opOwner', 160, type !== 0n],
    ['opKeyHashLo', 248, type === TRANSFER_TO_NEW],
    ['opKeyHashHi', 6, type === TRANSFER_TO_NEW],
  ] as const) {
    const signal = `${name}[${i}]`;
    if (used) expectRange(signal, witness[name][i]!, bits, op);
    else
      expectEqual(witness[name][i]!, 0n, {
        rule: 'op-unused',
        message: `An op of type ${type} has no ${name}`,
        signal,
        op,
      });
  }
}

/** The op as its signer saw it; token and nonce are the account's, as in the circuit. */
function signedOp(witness: ParsedWitness, i: number, from: Account | undefined): SignedOp {
  const payment = {
    from: Number(witness.opFrom[i]!),
    token: from?.token ?? 0,
    amount: witness.opAmount[i]!,
    feeCode: Number(witness.opFeeCode[i]!),
    nonce: from?.nonce ?? 0,
  };
  const type = witness.opType[i]!;
  let op: L2Op;
  if (type === WITHDRAW) op = { type: 'withdraw', ...payment };
  else if (type === TRANSFER) op = { type: 'transfer', ...payment, to: Number(witness.opTo[i]!) };
  else
    op = {
      type: 'transferToNew',
      ...payment,
      toKeyHash: fromLoHi(witness.opKeyHashLo[i]!, witness.opKeyHashHi[i]!),
    };
  return {
    op,
    publicKey: [witness.opAx[i]!, witness.opAy[i]!],
    owner: witness.opOwner[i]!,
    signature: { r8: [witness.opR8x[i]!, witness.opR8y[i]!], s: witness.opS[i]! },
  };
}
