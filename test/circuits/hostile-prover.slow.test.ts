import { beforeAll, describe, expect, test } from 'vitest';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { R1csSolver } from '../support/r1cs-solver.ts';
import { changed, SHAPE, tinyBatch } from '../support/tiny-batch.ts';
import { solveFor, unsimplified } from './freedom.ts';
import { LIES } from './lies.ts';

// The circuit's own witness program refuses every lie (hostile-input.test.ts), but a hostile prover has another program: other
// hints, and a data vector and a new root that suit the lie. So here the constraints are solved without any hint, with C, y and the new
// root left open: still nothing satisfies them.

/**
 * Beyond the solver, since it takes a distinction of cases: the same account twice has the same token twice. If the second one's
 * token is told as another one, no fee can go there, so the first gets all fees, and its word with them still has its token.
 */
const UNDECIDED = ['the same account twice'];

/** No lie to the constraints: they hold an odd w with w B8 = S B8, and S + l makes the same point. */
const TRUE = ['S + order of the subgroup'];

let circuit: CompiledCircuit;
let solver: R1csSolver;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(unsimplified(batchCircuit(SHAPE)));
  solver = new R1csSolver(await circuit.r1cs());
});

describe.each(LIES)('%s', (_, lies) => {
  test.each(lies.filter(([what]) => ![...UNDECIDED, ...TRUE].includes(what)))(
    '%s (%s)',
    async (_what, kind, template, change) => {
      const { C, y, newRootLo, newRootHi, ...others } = changed(tinyBatch(kind), change);
      const onlyRootsOrDataTell = template === 'Batch';
      const given = onlyRootsOrDataTell ? { ...others, C, y, newRootLo, newRootHi } : others;
      expect((await solveFor(circuit, solver, given)).kind).toBe('none');
    },
  );
});

test('what is left open follows from a true batch', async () => {
  const { witness } = tinyBatch('transfers');
  const { C, y, newRootLo, ...others } = witness;
  const solution = await solveFor(circuit, solver, others);
  if (solution.kind === 'none') expect.fail(`constraint ${solution.constraint} cannot hold`);
  const chosen = await circuit.inputWires({ C, y, newRootLo });
  for (const [wire, value] of chosen) expect(solution.values[wire]).toBe(value);
});
