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
    file: 'lib/babyjubjub.circom',
    signal: 'out[0]',
    fixedBy: ['(1 + edwardsD() * tau) * out[0] === beta + gamma;'],
    why: 'Addition in Edwards form is complete: the denominator is not 0.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'out[1]',
    fixedBy: ['(1 - edwardsD() * tau) * out[1] === delta + edwardsA() * beta - gamma;'],
    why: 'Addition in Edwards form is complete: the denominator is not 0.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'out[0]',
    fixedBy: ['(1 + edwardsD() * tt) * out[0] === 2 * t;'],
    why: 'Addition in Edwards form is complete: the denominator is not 0.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'out[1]',
    fixedBy: ['(1 - edwardsD() * tt) * out[1] === 1 + edwardsD() * tt - 2 * edwardsA() * xx;'],
    why: 'Addition in Edwards form is complete: the denominator is not 0.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'out[0]',
    fixedBy: ['out[0] * (1 - in[1]) === 1 + in[1];'],
    why: 'y is not 1: that point is refused, as 0 = 2 does not hold.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'out[1]',
    fixedBy: ['out[1] * in[0] === out[0];'],
    why: 'x is 0 only for (0, 1), which is refused, and (0, -1), which has even order: points here have odd order.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'out[0]',
    fixedBy: ['out[0] * in[1] === in[0];'],
    why: 'v is 0 only for the point of order 2: points here have odd order.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'out[1]',
    fixedBy: ['out[1] * (in[0] + 1) === in[0] - 1;'],
    why: 'No point has u = -1: its v^2 would be d, which is no square.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'slope',
    fixedBy: ['slope * (q[0] - p[0]) === q[1] - p[1];'],
    why: 'The two u differ: argued at ChallengeTimes and BaseTimes.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'slope',
    fixedBy: ['slope * 2 * p[1] === 3 * uu + 2 * montgomeryA() * p[0] + 1;'],
    why: 'v is 0 only for the point of order 2.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'slope',
    fixedBy: ['slope * (q[0] - p[0]) === q[1] - p[1];'],
    why: 'The two u differ: argued at ChallengeTimes.',
  },
  {
    file: 'lib/babyjubjub.circom',
    signal: 'second',
    fixedBy: ['(slope + second) * (p[0] - sumU) === 2 * p[1];'],
    why: 'p + q and p have different u: argued at ChallengeTimes.',
  },
  {
    file: 'lib/base_times.circom',
    signal: 'out[0]',
    fixedBy: ['half[0] * half[1] === 0;'],
    why: 'u of one of the eight points of the window: half[0] half[1] is the product of u - u_m. Which of them is fixed by the digit, see out[1].',
  },
  {
    file: 'lib/base_times.circom',
    signal: 'out[1]',
    fixedBy: [
      'out[1] * out[1] === u3 + montgomeryA() * uu + out[0];',
      'digit <== out[1] * (c[0] + c[1] * out[0] + c[2] * uu + c[3] * u3 + upper);',
      's === value;',
    ],
    why: 'With u on the curve it has two values, and (u, v) stands for one of sixteen digits. Odd digits to base 16 make each number in one way, and so they make s.',
  },
  {
    file: 'lib/base_times.circom',
    signal: 'top[i]',
    fixedBy: ['top[i] * (1 - top[i]) === 0;', 's === value;'],
    why: 'Bits 248 to 250 of s: what the digits below make has 248 bits.',
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
    file: 'lib/challenge_times.circom',
    signal: 'qBits[i]',
    fixedBy: [
      'qBits[i] * (1 - qBits[i]) === 0;',
      'h === 2 * B + 1 + (1 << 252) - (3 + e - qBits[0] - 2 * qBits[1] - 4 * qBits[2]) * l;',
    ],
    why: 'A choice of the multiple of l that is added to h. Every choice that the range check lets pass gives the same point: argued at ChallengeTimes.',
  },
  {
    file: 'lib/challenge_times.circom',
    signal: 'e',
    fixedBy: [
      'e * (1 - e) === 0;',
      'h === 2 * B + 1 + (1 << 252) - (3 + e - qBits[0] - 2 * qBits[1] - 4 * qBits[2]) * l;',
    ],
    why: 'As qBits: makes W odd.',
  },
  {
    file: 'lib/challenge_times.circom',
    signal: 'sv[i - TAIL]',
    fixedBy: [
      '(sv[i - TAIL] - one.out[1]) * (sv[i - TAIL] + one.out[1]) === 0;',
      'h === 2 * B + 1 + (1 << 252) - (3 + e - qBits[0] - 2 * qBits[1] - 4 * qBits[2]) * l;',
    ],
    why: 'v or -v; the signs make the number that h, q and e leave.',
  },
  {
    file: 'lib/challenge_times.circom',
    signal: 'sx[i]',
    fixedBy: ['(sx[i] - q[0]) * (sx[i] + q[0]) === 0;', 'tail * q[0] === sx[0] + 2 * sx[1] + 4 * sx[2];'],
    why: 'x or -x; as sv.',
  },
  {
    file: 'lib/challenge_times.circom',
    signal: 'tail',
    fixedBy: ['tail * q[0] === sx[0] + 2 * sx[1] + 4 * sx[2];'],
    why: 'x is 0 for no point of odd order but the identity, which is refused.',
  },
  {
    file: 'lib/challenge_times.circom',
    signal: 'limbs[k]',
    fixedBy: ['(2 * limbs[k] - (length - 1) - (k == 0 ? tail : 0)) * one.out[1] === signed;'],
    why: 'v is 0 only for the point of order 2.',
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
    fixedBy: ['feeToken[f] * hasToken[f] === named[f];', '(1 - named[f]) * hasToken[f] === 0;'],
    why: 'Where an account is named it is the inverse of its token, which therefore is not 0. Elsewhere it is 0.',
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
    fixedBy: [
      '(feeToken[f] - feeToken[g]) * inverse[pair] === both[pair];',
      '(1 - both[pair]) * inverse[pair] === 0;',
    ],
    why: 'Where both are named it is the inverse of a difference, which therefore is not 0. Elsewhere it is 0.',
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
    file: 'lib/node.circom',
    signal: 'sboxes[i]',
    fixedBy: [
      'before.sboxes <== sboxes;',
      'for (var p = 0; p < PLACES; p++) replaced[w].in[p] <== sboxes[width * p + w];',
    ],
    why: 'Outputs of S-boxes, which are permutations: they stand for the elements of the node, which the prover chooses as well. Their hash must meet the old root.',
  },
  {
    file: 'lib/order.circom',
    signal: 'passed[i]',
    fixedBy: [
      'passed[i] * (passed[i + 1] - passed[i]) === 0;',
      'passed[i] * (number[i] - bound[i]) === 0;',
      'distance.in <== (above - below) * decided - above - below;',
    ],
    why: '0 or the one above, and 0 where the limbs differ. Were it 0 where they are equal and no limb above has decided, the distance would be -1. Where nothing is asked for, the top limbs differ.',
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
  {
    file: 'lib/zero.circom',
    signal: 'inverse',
    fixedBy: ['out <== 1 - in * inverse;', 'in * out === 0;', 'inverse * out === 0;'],
    why: 'The inverse of in, or 0 where in is 0.',
  },
];
