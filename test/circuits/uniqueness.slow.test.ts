import { expect, test } from 'vitest';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csSolver } from '../support/r1cs-solver.ts';
import { RandomRollup } from '../support/random-batch.ts';
import { SHAPE } from '../support/tiny-batch.ts';
import { FREE, solveFor, unsimplified } from './freedom.ts';

test('what a prover chooses for random batches fixes every signal', async () => {
  const circuit = await CompiledCircuit.open(unsimplified(batchCircuit(SHAPE)));
  const solver = new R1csSolver(await circuit.r1cs());
  const names = await circuit.wireNames();
  for (let seed = 0; seed < 20; seed++) {
    const rollup = new RandomRollup(seed, SHAPE.depth, seed % 4 === 0 ? 'crowded' : 'populated');
    for (const kind of ['full', 'mixed', 'full'] as const) {
      const { batch } = rollup.nextBatch(SHAPE, kind);
      const solution = await solveFor(circuit, solver, batch.witness);
      if (solution.kind === 'none')
        expect.fail(`seed ${seed}: constraint ${solution.constraint} cannot hold`);
      const open = solution.open.map((wire) => names.get(wire)!);
      expect(open.filter((name) => !FREE.some(({ signal }) => signal.test(name)))).toEqual([]);
    }
  }
});
