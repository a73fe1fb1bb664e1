import { expect } from 'vitest';
import { exitSignals } from '../../protocol/exit.ts';
import { exitCircuit } from '../../prover/artifacts/exit-circuit.ts';
import { Random } from '../../scripts/random.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { exitBy, randomHoldings } from '../support/exit-state.ts';
import { R1csChecker } from '../support/r1cs.ts';

/** R1CS constraints of `Exit` by depth, with circom 2.2.3 `--O2`; docs/circuits.md has them too. */
export const EXIT_CONSTRAINTS: Readonly<Record<number, number>> = { 8: 2015, 11: 2427, 24: 4291, 32: 5547 };

/** What the model says of accounts of random states, the circuit proves, with the same public signals and as many constraints as told. */
export async function expectExits(depth: number, states: number): Promise<void> {
  const circuit = await CompiledCircuit.open(exitCircuit(depth));
  const r1cs = await circuit.r1cs();
  expect(r1cs.publicInputs).toBe(3);
  expect(r1cs.constraints).toHaveLength(EXIT_CONSTRAINTS[depth]!);
  const random = new Random(depth);
  for (let i = 0; i < states; i++) {
    const accounts = 1 + random.below(60);
    const { state, holders } = randomHoldings(random, depth, accounts);
    for (const index of [1, accounts, 1 + random.below(accounts)]) {
      const { statement, witness } = exitBy(state, holders, index);
      const wires = await circuit.witness(witness);
      expect(wires.slice(1, 4)).toEqual(exitSignals(statement));
      if (i === 0) expect(new R1csChecker(r1cs, wires).broken()).toBeUndefined();
    }
  }
}
