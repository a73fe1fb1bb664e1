/** One `<--` of `circuits/`: a signal that the witness program computes without a constraint of its own. */
export interface Hint {
  readonly file: string;
  readonly signal: string;
  /** Lines of that file which fix the signal, or whose constraint does. */
  readonly fixedBy: readonly string[];
  readonly why: string;
}

/** Every hint of the circuits, in the order of the sources. `hints.test.ts` holds the list against them. */
export const HINTS: readonly Hint[] = [
  {
    file: 'batch.circom',
    signal: 'feeToken[f]',
    fixedBy: ['fees.feeToken <== feeToken;'],
    why: 'FeeAccounts: the low 16 bits of the account’s word, or 0 where no account is named.',
  },
  {
    file: 'lib/blob_evaluation.circom',
    signal: 'quotient',
    fixedBy: ['value.in <== fold.out;', 'value.quotient <== quotient;'],
    why: 'BlsCongruence: fold.out = quotient q + y over the integers, and y is public.',
  },
  {
    file: 'lib/bls_field.circom',
    signal: 'quotient',
    fixedBy: ['congruence.in <== fold.out;', 'congruence.quotient <== quotient;'],
    why: 'BlsCongruence: fold.out = quotient q + out over the integers.',
  },
  {
    file: 'lib/bls_field.circom',
    signal: 'out[i]',
    fixedBy: ['range[i].in <== out[i];', 'congruence.remainder <== out;'],
    why: 'As quotient: with out of 255 bits there are at most two such pairs. They are congruent modulo q, which is all that is used of them.',
  },
  {
    file: 'lib/fees.circom',
    signal: 'g[f]',
    fixedBy: ['g[f] * (token - feeToken[f]) === 0;', 'sum === 1 - none.out;'],
    why: 'With a fee the op has a token, and named accounts have different ones: g is 1 at that account and 0 elsewhere. Without a fee share = g * 0.',
  },
  {
    file: 'lib/fees.circom',
    signal: 'hasToken[f]',
    fixedBy: ['feeToken[f] * hasToken[f] === named[f];'],
    why: 'Where an account is named it is the inverse of its token, which therefore is not 0. Elsewhere feeToken is 0, and it is free and unused.',
  },
  {
    file: 'lib/fees.circom',
    signal: 'rest[f]',
    fixedBy: [
      'restBits[f].in <== rest[f];',
      'credited[f].new <== feeToken[f] + rest[f] * (1 << 16) + credited[f].change;',
      '(1 - named[f]) * rest[f] === 0;',
    ],
    why: 'Replace proves that the word was feeToken + rest 2^16. With feeToken < 2^16 and rest < 2^104 there is one such pair.',
  },
  {
    file: 'lib/fees.circom',
    signal: 'inverse[pair]',
    fixedBy: ['(feeToken[f] - feeToken[g]) * inverse[pair] === both[pair];'],
    why: 'Where both are named it is the inverse of a difference, which therefore is not 0. Free and unused where the difference is 0.',
  },
  {
    file: 'lib/l1_op.circom',
    signal: 'keyHash',
    fixedBy: ['named.new <== keyHash + createdKeyHash;', '(1 - active) * keyHash === 0;'],
    why: 'Replace proves that the slot’s key hash was new - change = keyHash; 0 where no account is touched.',
  },
  {
    file: 'lib/l1_op.circom',
    signal: 'oldToken',
    fixedBy: [
      'oldTokenBits.in <== oldToken;',
      'updated.new <== oldWord + updated.change;',
      '(1 - active) * oldWord === 0;',
    ],
    why: 'Replace proves that the slot’s word was oldWord = oldToken + oldNonce 2^16 + oldBalance 2^56; ranges of 16, 40 and 64 bits make this unique.',
  },
  {
    file: 'lib/l1_op.circom',
    signal: 'oldNonce',
    fixedBy: [
      'oldNonceBits.in <== oldNonce;',
      'updated.new <== oldWord + updated.change;',
      '(1 - active) * oldWord === 0;',
    ],
    why: 'As oldToken.',
  },
  {
    file: 'lib/l1_op.circom',
    signal: 'oldBalance',
    fixedBy: [
      'oldBalanceBits.in <== oldBalance;',
      'updated.new <== oldWord + updated.change;',
      '(1 - active) * oldWord === 0;',
    ],
    why: 'As oldToken.',
  },
  {
    file: 'lib/pointer.circom',
    signal: 'h[j]',
    fixedBy: ['h[j] * (index - slotIndex[j]) === 0;', 'sum === active;'],
    why: 'Slot indexes differ, so h is 0 everywhere but at the slot with this index, where it is what the sum leaves: active.',
  },
  {
    file: 'lib/signed_op.circom',
    signal: 'token',
    fixedBy: [
      'tokenBits.in <== token;',
      'paid.new <== oldWord + paid.change;',
      '(1 - active) * oldWord === 0;',
    ],
    why: 'Replace proves that the payer’s word was oldWord = token + nonce 2^16 + (newBalance + amount + fee) 2^56; all ranges are checked, and the sum is below 2^122.',
  },
  {
    file: 'lib/signed_op.circom',
    signal: 'nonce',
    fixedBy: [
      'nonceBits.in <== nonce;',
      'paid.new <== oldWord + paid.change;',
      '(1 - active) * oldWord === 0;',
    ],
    why: 'As token.',
  },
  {
    file: 'lib/signed_op.circom',
    signal: 'newBalance',
    fixedBy: [
      'balanceBits.in <== newBalance;',
      'paid.new <== oldWord + paid.change;',
      '(1 - active) * oldWord === 0;',
    ],
    why: 'As token: it is the old balance less amount and fee, and has 64 bits only if that is not negative.',
  },
  {
    file: 'lib/signed_op.circom',
    signal: 'nonceLeft',
    fixedBy: ['(1099511627775 - nonce) * nonceLeft === 1;'],
    why: 'The inverse of 2^40 - 1 - nonce, which therefore is not 0.',
  },
  {
    file: 'lib/signed_op.circom',
    signal: 'rest',
    fixedBy: [
      'restBits.in <== rest;',
      'credited.new <== oldPayeeToken + rest * (1 << 16) + credited.change;',
      '(1 - isTransfer) * rest === 0;',
    ],
    why: 'Replace proves that the payee’s word was token + rest 2^16, with rest < 2^104; 0 where an account is created or nobody is paid.',
  },
  {
    file: 'lib/signed_op.circom',
    signal: 'payeeKeyHash',
    fixedBy: [
      'named.new <== payeeKeyHash + toKeyHash;',
      'isNew * payeeKeyHash === 0;',
      '(1 - hasTo) * payeeKeyHash === 0;',
    ],
    why: 'Replace proves that it is the key hash in the payee’s slot; 0 where there is no payee.',
  },
];
