import { BrokenRule, type Diagnosis, expectEqual, expectRange } from './diagnosis/broken-rule.ts';
import { checkL1Op } from './diagnosis/l1.ts';
import { checkL2Op, creditFees } from './diagnosis/l2.ts';
import { diagnoseIssue } from './diagnosis/schema-issue.ts';
import { WitnessSlots } from './diagnosis/slots.ts';
import { type ParsedWitness, witnessSchema } from './diagnosis/witness-schema.ts';
import { fromLoHi } from './field.ts';
import { evaluate, hashPublicData } from './public-data.ts';
import type { Shape } from './shape.ts';
import { stateRoot } from './state.ts';
import { toVector } from './vector.ts';

/**
 * Runs the rules of the batch circuit over its input JSON and names the first that fails, where circom only
 * reports a failed assertion in some template. Undefined means that the input keeps every rule of this model.
 * @param witness anything; it is checked against the shape's signals first
 */
export function diagnoseWitness(witness: unknown, shape: Shape): Diagnosis | undefined {
  const parsed = witnessSchema(shape).safeParse(witness);
  if (!parsed.success) return diagnoseIssue(parsed.error.issues[0]!, witness);
  try {
    checkWitness(parsed.data, shape);
    return undefined;
  } catch (error) {
    if (error instanceof BrokenRule) return error.diagnosis;
    throw error;
  }
}

/** @throws {BrokenRule} */
function checkWitness(witness: ParsedWitness, shape: Shape): void {
  for (const [name, bits] of [
    ['domain', 248],
    // 64 in the circuit; beyond 53 a number of JavaScript is not exact, and no rollup gets there.
    ['batchNumber', 53],
    ['oldRootLo', 248],
    ['oldRootHi', 6],
    ['newRootLo', 248],
    ['newRootHi', 6],
    ['oldAccountCount', shape.depth + 1],
  ] as const) {
    expectRange(name, witness[name], bits);
  }
  const slots = new WitnessSlots(witness, shape.depth);
  const oldRoot = stateRoot(slots.oldTreeRoot(), Number(witness.oldAccountCount));
  expectEqual(fromLoHi(witness.oldRootLo, witness.oldRootHi), oldRoot, {
    rule: 'old-root',
    message: '`top` and `oldAccountCount` do not hash to the old root',
    signal: 'oldRootLo',
  });

  const fees = new Map<number, bigint>();
  const l1 = witness.l1E0.map((_, t) => checkL1Op(witness, t, slots));
  const l2 = witness.opType.map((_, i) => checkL2Op(witness, i, slots, fees));
  creditFees(witness, slots, fees);

  const newRoot = stateRoot(slots.newTreeRoot(), Number(slots.accountCount));
  expectEqual(fromLoHi(witness.newRootLo, witness.newRootHi), newRoot, {
    rule: 'new-root',
    message: 'The ops do not lead to the new root',
    signal: 'newRootLo',
  });
  const { domain } = witness;
  const number = Number(witness.batchNumber);
  const d = toVector(
    { domain, number, oldRoot, newRoot, feeIndexes: witness.feeIndex.map(Number), l1, l2 },
    shape,
  );
  expectEqual(witness.C, hashPublicData(d), {
    rule: 'data-hash',
    message: '`C` is not the hash of the public data',
    signal: 'C',
  });
  expectEqual(witness.y, evaluate(d, witness.z), {
    rule: 'data-value',
    message: '`y` is not the value of the public data at `z`',
    signal: 'y',
  });
}
