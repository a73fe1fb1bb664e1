import { beforeAll, describe, expect, test } from 'vitest';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD, hi, lo, reduce } from '../../protocol/field.ts';
import { evaluate, hashPublicData } from '../../protocol/public-data.ts';
import { layout } from '../../protocol/shape.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import type { TemplateLine } from '../../prover/witness-wasm.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { changed, SHAPE, type TinyBatch, tinyBatch } from '../support/tiny-batch.ts';
import { L1_OP_FIELDS, L1_OPS, SIGNED_OP_FIELDS, SIGNED_OPS } from './field-lies.ts';
import { LIES } from './lies.ts';

let circuit: CompiledCircuit;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(batchCircuit(SHAPE));
});

/** Names of the templates, innermost first, in which the circuit refuses the input. */
async function refusal(witness: BatchWitness): Promise<string[]> {
  try {
    await circuit.witness(witness);
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    const { code, details } = error as MillraceError;
    expect(code).toBe('witness-failed');
    return (details.stack as TemplateLine[]).map(({ template }) => template);
  }
  throw new Error('the circuit accepts this input');
}

describe.each(LIES)('%s', (_, lies) => {
  test.each(lies)('%s (%s) is refused by %s', async (_what, kind, template, change) => {
    expect(await refusal(changed(tinyBatch(kind), change))).toContain(template);
  });
});

/** The witness with one more in one place. */
function oneMore(kind: TinyBatch, field: keyof BatchWitness, place: number): BatchWitness {
  return changed(tinyBatch(kind), (w) => {
    const values = w[field] as string[];
    values[place] = String(reduce(BigInt(values[place]!) + 1n));
  });
}

const namesOneOf = (templates: readonly string[]) => (found: readonly string[]) =>
  found.some((template) => templates.includes(template));

describe.each(SIGNED_OPS)('%s', (_, kind, place) => {
  test.each(SIGNED_OP_FIELDS)('%s, one more, is refused by one of %j', async (field, templates) => {
    expect(await refusal(oneMore(kind, field, place))).toSatisfy(namesOneOf(templates));
  });
});

describe.each(L1_OPS)('%s', (_, kind, place) => {
  test.each(L1_OP_FIELDS)('%s, one more, is refused by one of %j', async (field, templates) => {
    expect(await refusal(oneMore(kind, field, place))).toSatisfy(namesOneOf(templates));
  });
});

describe('a vector that is not what the circuit did, with the C and y that belong to it', () => {
  const { length } = layout(SHAPE);
  test.each(Array.from({ length }, (_, i) => i))('element %i', async (i) => {
    const batch = tinyBatch('transfers');
    const d = batch.d.with(i, batch.d[i]! + 1n);
    const lie = changed(batch, (w) => {
      w.C = String(hashPublicData(d));
      w.y = String(evaluate(d, batch.z));
    });
    expect((await refusal(lie))[0]).toBe('Batch');
  });
});

test('a key hash told as a number of r or more stands for that number modulo r', async () => {
  const batch = tinyBatch('exit-and-new');
  const { ops, aux } = layout(SHAPE);
  const alias = FIELD + 999n;
  const d = batch.d.with(ops, batch.d[ops]! + (hi(alias) << 24n)).with(aux, lo(alias));
  const told = changed(batch, (w) => {
    [w.opKeyHashHi[0], w.opKeyHashLo[0]] = [String(hi(alias)), String(lo(alias))];
    w.C = String(hashPublicData(d));
    w.y = String(evaluate(d, batch.z));
  });
  expect((await circuit.witness(told))[1]).toBe(hashPublicData(d));
  expect(told.newRootLo).toBe(batch.witness.newRootLo);
});
