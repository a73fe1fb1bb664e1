import { describe, expect, test } from 'vitest';
import { SHAPES, type Shape } from '../../protocol/shape.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csChecker } from '../support/r1cs.ts';
import { RandomRollup } from '../support/random-batch.ts';
import { expectAccepted, ODD_SHAPE } from './random-batches.ts';

let applied = 0;

test.each<[name: string, part: number, shape: Shape, rollups: number]>([
  ['tiny', 1, SHAPES.tiny, 80],
  ['tiny', 2, SHAPES.tiny, 80],
  ['tiny', 3, SHAPES.tiny, 80],
  ['tiny', 4, SHAPES.tiny, 80],
  ['tiny', 5, SHAPES.tiny, 80],
  ['small', 1, SHAPES.small, 20],
  ['small', 2, SHAPES.small, 20],
  ['odd', 1, ODD_SHAPE, 40],
])('%s, part %i: random batches', async (_name, _part, shape, rollups) => {
  applied += await expectAccepted(shape, { rollups, batches: 8 });
});

test('the parts together applied at least 10,000 ops', () => {
  expect(applied).toBeGreaterThanOrEqual(10_000);
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
