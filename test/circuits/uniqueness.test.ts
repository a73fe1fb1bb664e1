import { beforeAll, describe, expect, test } from 'vitest';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csSolver } from '../support/r1cs-solver.ts';
import { changed, SHAPE, type TinyBatch, tinyBatch } from '../support/tiny-batch.ts';
import { FREE, solveFor, unsimplified } from './freedom.ts';

// The circuit computes many signals with hints (`<--`), and a hostile prover takes others. Here the constraints alone are solved
// from a batch's inputs, and from what the prover may choose beside them, without any hint: they leave one witness.

let circuit: CompiledCircuit;
let solver: R1csSolver;
let names: Map<number, string>;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(unsimplified(batchCircuit(SHAPE)));
  solver = new R1csSolver(await circuit.r1cs());
  names = await circuit.wireNames();
}, 240_000);

describe('the inputs of a batch fix every signal', () => {
  test.each<TinyBatch>(['exit-and-new', 'deposits-and-withdraw', 'transfers', 'empty'])(
    '%s',
    async (kind) => {
      const { witness } = tinyBatch(kind);
      const honest = await circuit.witness(witness);
      const solution = await solveFor(circuit, solver, witness);
      if (solution.kind === 'none') expect.fail(`constraint ${solution.constraint} cannot hold`);
      const open = solution.open.map((wire) => names.get(wire)!);
      expect(open.filter((name) => !FREE.some(({ signal }) => signal.test(name)))).toEqual([]);
      const other = solution.values.flatMap((value, wire) =>
        value === undefined || value === honest[wire] ? [] : [names.get(wire)],
      );
      expect(other).toEqual([]);
    },
  );
});

test('the solver finds that nothing satisfies a wrong input', async () => {
  const lie = changed(tinyBatch('transfers'), (w) => {
    w.opAmount[0] = '1001';
  });
  expect((await solveFor(circuit, solver, lie)).kind).toBe('none');
});
