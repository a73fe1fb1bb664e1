import fc from 'fast-check';
import { expect } from 'vitest';
import type { Shape } from '../../protocol/shape.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { type BatchKind, RandomRollup, type Start } from '../support/random-batch.ts';

/** Has little in common with the shapes that ship: one place of each kind, an odd number of slots, another depth. */
export const ODD_SHAPE: Shape = { name: 'odd', n2: 1, n1: 1, m: 3, depth: 11 };

/** Room to compile a circuit first, ms. */
export const WITNESS_TIMEOUT = 240_000;

/** `crowded` fills the tree: with 2^11 accounts each of its batches would take seconds. */
const MAX_CROWDED_DEPTH = 8;

/**
 * Lets random rollups of the reference model make batches one after the other, and expects the circuit to accept each with the
 * model's C, z and y. A failure names the seed to repeat it with.
 *
 * @returns how many ops the batches applied
 */
export async function expectAccepted(
  shape: Shape,
  { rollups, batches, seed }: { rollups: number; batches: number; seed?: number },
): Promise<number> {
  let applied = 0;
  const circuit = await CompiledCircuit.open(batchCircuit(shape));
  const starts: Start[] = ['fresh', 'populated'];
  if (shape.depth <= MAX_CROWDED_DEPTH) starts.push('crowded');
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.constantFrom(...starts),
      fc.array(fc.constantFrom<BatchKind>('empty', 'l1', 'full', 'mixed', 'mixed'), {
        minLength: batches,
        maxLength: batches,
      }),
      async (rollupSeed, start, kinds) => {
        const rollup = new RandomRollup(rollupSeed, shape.depth, start);
        for (const kind of kinds) {
          const { batch, l1, l2 } = rollup.nextBatch(shape, kind);
          const witness = await circuit.witness(batch.witness);
          expect(witness.slice(0, 4)).toEqual([1n, batch.c, batch.z, batch.y]);
          applied += l1.length + l2.length;
        }
      },
    ),
    { numRuns: rollups, ...(seed === undefined ? {} : { seed }) },
  );
  return applied;
}
