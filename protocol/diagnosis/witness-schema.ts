import { z } from 'zod';
import { isFieldElement } from '../field.ts';
import { FEE_ACCOUNTS, type Shape } from '../shape.ts';
import { openingLengths } from '../tree.ts';

const signal = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'a decimal integer as a string')
  .transform(BigInt)
  .refine(isFieldElement, 'a value below the order of the field');

/**
 * The input of a shape's batch circuit: exactly its signals, each of its length, every value a canonical
 * field element. Parses the JSON form (decimal strings) into bigints.
 */
export function witnessSchema(shape: Shape) {
  const { bottom, siblings, top } = openingLengths(shape.depth);
  const list = (length: number) => z.array(signal).length(length, `${length} values`);
  const perSlot = list(shape.m);
  const perL1Op = list(shape.n1);
  const perOp = list(shape.n2);
  return z.strictObject({
    C: signal,
    z: signal,
    y: signal,
    domain: signal,
    batchNumber: signal,
    oldRootLo: signal,
    oldRootHi: signal,
    newRootLo: signal,
    newRootHi: signal,
    oldAccountCount: signal,
    slotIndex: perSlot,
    slotKeyHash: perSlot,
    slotWord: perSlot,
    bottom: z.array(list(bottom)).length(shape.m, `${shape.m} lists`),
    siblings: z.array(list(siblings)).length(shape.m, `${shape.m} lists`),
    top: list(top),
    l1E0: perL1Op,
    l1E1: perL1Op,
    l1E2: perL1Op,
    l1Index: perL1Op,
    l1Create: perL1Op,
    opType: perOp,
    opFrom: perOp,
    opTo: perOp,
    opAmount: perOp,
    opFeeCode: perOp,
    opKeyHashLo: perOp,
    opKeyHashHi: perOp,
    opAx: perOp,
    opAy: perOp,
    opOwner: perOp,
    opR8x: perOp,
    opR8y: perOp,
    opS: perOp,
    feeIndex: list(FEE_ACCOUNTS),
  });
}

/** The witness of protocol/witness.ts as bigints. */
export type ParsedWitness = z.output<ReturnType<typeof witnessSchema>>;
