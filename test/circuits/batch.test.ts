import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { SHAPES } from '../../protocol/shape.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csChecker } from '../support/r1cs.ts';
import { type BatchKind, RandomRollup, type Start } from '../support/random-batch.ts';

const SHAPE = SHAPES.tiny;
let circuit: CompiledCircuit;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(batchCircuit(SHAPE));
});

test('whatever the reference model makes, the circuit accepts, with the same C, z and y', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.constantFrom<Start>('fresh', 'populated', 'crowded'),
      fc.array(fc.constantFrom<BatchKind>('empty', 'l1', 'full', 'mixed'), { minLength: 1, maxLength: 6 }),
      async (seed, start, kinds) => {
        const rollup = new RandomRollup(seed, SHAPE.depth, start);
        for (const kind of kinds) {
          const { batch } = rollup.nextBatch(SHAPE, kind);
          const witness = await circuit.witness(batch.witness);
          expect(witness.slice(0, 4)).toEqual([1n, batch.c, batch.z, batch.y]);
        }
      },
    ),
    { numRuns: 6 },
  );
});

test('the constraints themselves hold, and three inputs are public', async () => {
  const r1cs = await circuit.r1cs();
  const { batch } = new RandomRollup(1, SHAPE.depth).nextBatch(SHAPE, 'full');
  expect(new R1csChecker(r1cs, await circuit.witness(batch.witness)).broken()).toBeUndefined();
  expect(r1cs.publicInputs).toBe(3);
});
