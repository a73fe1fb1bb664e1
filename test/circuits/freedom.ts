import { ARITIES, cachedLevels } from '../../protocol/tree.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import type { Circuit } from '../../prover/artifacts/circuit-sources.ts';
import { chosenSignals } from '../support/chosen-signals.ts';
import type { CompiledCircuit } from '../support/compiled-circuit.ts';
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

/** Values by wire of all that a prover chooses for a batch: its inputs, and the signals that stand for inputs in no constraint. */
export async function proverWires(
  circuit: CompiledCircuit,
  witness: Partial<BatchWitness> & Pick<BatchWitness, 'bottom' | 'siblings' | 'opS'>,
): Promise<Map<number, bigint>> {
  const nodeArities = ARITIES[SHAPE.depth]!.slice(1, -cachedLevels(SHAPE.depth));
  return new Map([
    ...(await circuit.inputWires(witness)),
    ...(await circuit.wiresOf(chosenSignals(witness, nodeArities))),
  ]);
}
