import { splitLayout } from '../../protocol/blob/split.ts';
import { layout, type Shape } from '../../protocol/shape.ts';

/** R1CS constraints of the parts of `Batch`, measured with circom 2.2.3 `--O2`; docs/circuits.md explains them. */
export const BUDGET = {
  /** One signed op, and its access to one slot. */
  signedOp: 3505,
  signedOpSlot: 6,
  /** One op from L1, and its access to one slot. */
  l1Op: 658,
  l1OpSlot: 3,
  /** A block of the data hash, and what each of its 16 inputs less saves that is the constant 0. */
  hashBlock: 609,
  hashInput: 3,
  /** The value of a blob's part by its number of elements, and the limbs of an auxiliary value. */
  blobEvaluation: { 5: 1794, 32: 5191, 34: 5221, 137: 11_907 } as Readonly<Record<number, number>>,
  elementLimbs: 248,
  /** By depth: what does not depend on N2, N1 and M; and one slot, that is one account opened and closed. */
  byDepth: {
    8: { fixed: 1882, slot: 1587 },
    11: { fixed: 1879, slot: 2367 },
    24: { fixed: 11_610, slot: 4951 },
    32: { fixed: 21_760, slot: 7151 },
  } as Readonly<Record<number, { readonly fixed: number; readonly slot: number }>>,
};

/** The constraints of a shape, by its parts. */
export function constraintsOf(shape: Shape): number {
  const { fixed, slot } = BUDGET.byDepth[shape.depth]!;
  const { length } = layout(shape);
  const blocks = Math.ceil(length / 15);
  // The first block's chain input is 0 too.
  const zeroInputs = 15 * blocks - length + 1;
  return (
    fixed +
    shape.n2 * (BUDGET.signedOp + BUDGET.signedOpSlot * shape.m) +
    shape.n1 * (BUDGET.l1Op + BUDGET.l1OpSlot * shape.m) +
    shape.m * slot +
    blocks * BUDGET.hashBlock -
    zeroInputs * BUDGET.hashInput +
    (shape.blob ? blobBinding(shape) : length - 1)
  );
}

/** What stands in the place of `y` of all elements when a batch's data go to a blob. */
export function blobBinding(shape: Shape): number {
  const { hiddenLength, visibleLength } = splitLayout(shape);
  const withdrawals = 2 * shape.n2;
  return (
    BUDGET.blobEvaluation[hiddenLength]! +
    BUDGET.elementLimbs * shape.n2 +
    (visibleLength - 1) +
    withdrawals +
    1
  );
}
