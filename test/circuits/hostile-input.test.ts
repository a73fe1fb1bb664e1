import { beforeAll, describe, expect, test } from 'vitest';
import { MillraceError } from '../../protocol/error.ts';
import { evaluate, hashPublicData } from '../../protocol/public-data.ts';
import { layout } from '../../protocol/shape.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import type { TemplateLine } from '../../prover/witness-wasm.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { changed, SHAPE, tinyBatch } from '../support/tiny-batch.ts';
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
