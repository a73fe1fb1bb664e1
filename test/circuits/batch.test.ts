import { describe, expect, test } from 'vitest';
import { SHAPES, type Shape } from '../../protocol/shape.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csChecker } from '../support/r1cs.ts';
import { RandomRollup } from '../support/random-batch.ts';
import { expectAccepted, ODD_SHAPE, WITNESS_TIMEOUT } from './random-batches.ts';

describe.each<Shape>([SHAPES.tiny, ODD_SHAPE])('shape $name', (shape) => {
  test('whatever the reference model makes, the circuit accepts, with the same C, z and y', {
    timeout: WITNESS_TIMEOUT,
  }, async () => {
    await expectAccepted(shape, { rollups: 10, batches: 3 });
  });

  test('the constraints themselves hold, and three inputs are public', {
    timeout: WITNESS_TIMEOUT,
  }, async () => {
    const circuit = await CompiledCircuit.open(batchCircuit(shape));
    const r1cs = await circuit.r1cs();
    const { batch } = new RandomRollup(1, shape.depth).nextBatch(shape, 'full');
    expect(new R1csChecker(r1cs, await circuit.witness(batch.witness)).broken()).toBeUndefined();
    expect(r1cs.publicInputs).toBe(3);
  });
});
