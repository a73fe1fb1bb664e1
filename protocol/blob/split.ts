import { MillraceError } from '../error.ts';
import { OP_TYPE } from '../ops.ts';
import { layout, type Shape } from '../shape.ts';
import { FEE_POSITION, fromVector, HEAD_LENGTH } from '../vector.ts';

/** Bits of the token in the second element of a withdrawal. */
const TOKEN_BITS = 16n;

/**
 * A batch's public-data vector as a blob batch publishes it: what L1 itself has to read stays in calldata, the rest goes
 * to the blob (docs/protocol.md, section 3.5). Together they are the vector, and each withdrawal once more.
 */
export interface SplitVector {
  /** Head, L1 ops, and two elements for each place of a signed op: owner and `token | amount @ 16` of a Withdraw, else 0. */
  readonly visible: readonly bigint[];
  /** Fee accounts, types, op data, auxiliary values: coefficients of the blob's polynomial. */
  readonly hidden: readonly bigint[];
}

/** Where things stand in a {@link SplitVector} of a shape. */
export interface SplitLayout {
  /** Position of the first L1 op in `visible`; each takes four elements. */
  readonly l1: number;
  /** Position of the first withdrawal in `visible`; each place of a signed op takes two elements. */
  readonly withdrawals: number;
  readonly visibleLength: number;
  /** Coefficients that the batch takes in the blob. */
  readonly hiddenLength: number;
}

/** @param shape only its `n1`, `n2` and `depth` matter */
export function splitLayout(shape: Pick<Shape, 'n1' | 'n2' | 'depth'>): SplitLayout {
  const { l1, types, length } = layout(shape);
  const withdrawals = HEAD_LENGTH + types - l1;
  return {
    l1: HEAD_LENGTH,
    withdrawals,
    visibleLength: withdrawals + 2 * shape.n2,
    hiddenLength: 1 + length - types,
  };
}

/** @param d as long as the shape's layout says */
export function splitVector(d: readonly bigint[], shape: Shape): SplitVector {
  const { l1, types } = layout(shape);
  const withdrawals = fromVector(d, shape).l2.flatMap(({ type, to, amount, aux }) =>
    type === OP_TYPE.withdraw ? [aux, BigInt(to) | (amount << TOKEN_BITS)] : [0n, 0n],
  );
  return {
    visible: [...d.slice(0, HEAD_LENGTH), ...d.slice(l1, types), ...withdrawals],
    hidden: [d[FEE_POSITION]!, ...d.slice(types)],
  };
}

/**
 * Puts a vector together again.
 * @param hidden as read from a blob, so anything
 * @throws {MillraceError} `input/bad-blob-data` if a coefficient exceeds 248 bits, or the withdrawals that L1 saw are not those of the
 *   blob: then no proof of the batch exists
 */
export function joinVector({ visible, hidden }: SplitVector, shape: Shape): bigint[] {
  const at = splitLayout(shape);
  const wide = hidden.findIndex((element) => element >> 248n !== 0n);
  if (wide >= 0) throw badBlobData({ coefficient: wide, expected: 'at most 248 bits' });
  const d = [
    ...visible.slice(0, HEAD_LENGTH),
    hidden[0]!,
    ...visible.slice(at.l1, at.withdrawals),
    ...hidden.slice(1),
  ];
  const wrong = splitVector(d, shape).visible.findIndex((element, i) => element !== visible[i]);
  if (wrong >= 0)
    throw badBlobData({ op: Math.floor((wrong - at.withdrawals) / 2), expected: 'the withdrawal on L1' });
  return d;
}

function badBlobData(details: Readonly<Record<string, unknown>>): MillraceError {
  return new MillraceError('input', 'bad-blob-data', 'The blob does not hold the data of this batch', {
    details,
    fix: 'Check that the blob is the one that the transaction on L1 names, and the batch’s place in it.',
  });
}
