import { ARITIES, cachedLevels } from '../../protocol/tree.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import type { Circuit } from '../../prover/artifacts/circuit-sources.ts';
import { chosenForChallenge, chosenSignals } from '../support/chosen-signals.ts';
import type { CompiledCircuit } from '../support/compiled-circuit.ts';
import type { R1csSolver, Solution } from '../support/r1cs-solver.ts';
import { SHAPE } from '../support/tiny-batch.ts';

/** Signals of `Batch` that a batch's inputs do not fix, and why that does not matter. */
export const FREE: readonly { readonly signal: RegExp; readonly why: string }[] = [
  {
    signal: /^main\.shares\[\d+\]\.g\[\d\]$/,
    why: 'Of an op without a fee whose token is 0, that is a no-op: g of the fee accounts that are not named, whose token is 0 too. g is used in share = g * fee = 0 alone.',
  },
];

/**
 * The circuit with each signal and each linear constraint as it is in the sources. `--O2` then takes linear constraints out by
 * substitution, which leaves the same assignments of the other signals, but in an order that is hard to solve by steps.
 */
export function unsimplified(circuit: Circuit): Circuit {
  return { ...circuit, name: `${circuit.name}-unsimplified`, flags: ['--O1'] };
}

/**
 * What the constraints leave once a prover has chosen: its inputs, and the signals that stand for inputs or that follow from them by more
 * than the solver's steps. Hints play no part.
 */
export async function solveFor(
  circuit: CompiledCircuit,
  solver: R1csSolver,
  witness: Partial<BatchWitness> & Pick<BatchWitness, 'bottom' | 'siblings' | 'opS'>,
): Promise<Solution> {
  const nodeArities = ARITIES[SHAPE.depth]!.slice(1, -cachedLevels(SHAPE.depth));
  const given = new Map([
    ...(await circuit.inputWires(witness)),
    ...(await circuit.wiresOf(chosenSignals(witness, nodeArities))),
  ]);
  const first = solver.solve(given);
  if (first.kind === 'none') return first;
  // By now the challenges are known.
  const names = new Map([...(await circuit.wireNames())].map(([wire, name]) => [name, wire]));
  for (const i of witness.opS.keys()) {
    const signature = `main.ops[${i}].signature`;
    const h = first.values[names.get(`${signature}.hash.out`)!];
    if (h === undefined) continue;
    const chosen = [...chosenForChallenge(h)].map(([name, value]): [string, bigint] => [
      `${signature}.product.${name}`,
      value,
    ]);
    for (const [chosenWire, value] of await circuit.wiresOf(new Map(chosen))) given.set(chosenWire, value);
  }
  return solver.solve(given);
}
