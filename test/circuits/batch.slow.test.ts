import { describe, expect, test } from 'vitest';
import { SHAPES, type Shape } from '../../protocol/shape.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csChecker } from '../support/r1cs.ts';
import { RandomRollup } from '../support/random-batch.ts';
import { expectAccepted, ODD_SHAPE } from './random-batches.ts';

// 4,160 batches: the tiny shape alone has over 12,000 places for ops, most of them taken.
test.each<[Shape, rollups: number]>([
  [SHAPES.tiny, 400],
  [SHAPES.small, 20],
  [ODD_SHAPE, 100],
])('$name: random batches', async (shape, rollups) => {
  await expectAccepted(shape, { rollups, batches: 8 });
});

describe.each([24, 32])('depth %i', (depth) => {
  test('a batch of each kind satisfies the constraints', async () => {
    const shape: Shape = { name: `depth-${depth}`, n2: 3, n1: 2, m: 4, depth };
    const circuit = await CompiledCircuit.open(batchCircuit(shape));
    const r1cs = await circuit.r1cs();
    const rollup = new RandomRollup(depth, depth);
    for (const kind of ['full', 'l1', 'empty', 'mixed', 'full'] as const) {
      const { batch } = rollup.nextBatch(shape, kind);
      const witness = await circuit.witness(batch.witness);
      expect(witness.slice(0, 4)).toEqual([1n, batch.c, batch.z, batch.y]);
      expect(new R1csChecker(r1cs, witness).broken()).toBeUndefined();
    }
  });
});
