import { expect, test } from 'vitest';
import { exitCircuit } from '../../prover/artifacts/exit-circuit.ts';
import { Random } from '../../scripts/random.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { exitBy, randomHoldings } from '../support/exit-state.ts';
import { expectExits } from './exits.ts';

test.each([8, 11, 24, 32])('depth %i: what the model says, the circuit proves', async (depth) => {
  await expectExits(depth, 20);
});

test('no account of a full tree is told from another place', async () => {
  const circuit = await CompiledCircuit.open(exitCircuit(8));
  const { state, holders } = randomHoldings(new Random(1), 8, 255);
  for (let index = 1; index < 256; index++) {
    const { witness } = exitBy(state, holders, index);
    await circuit.witness(witness);
    const elsewhere = { ...witness, index: String((index + 1) % 256) };
    const same = state.get(index + 1);
    const account = state.get(index)!;
    if (same?.keyHash === account.keyHash && same.token === account.token && same.balance === account.balance)
      continue;
    await expect(circuit.witness(elsewhere)).rejects.toMatchObject({ code: 'witness-failed' });
  }
});
