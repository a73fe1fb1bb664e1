import { BLS_FIELD } from '../../protocol/blob/scalar-field.ts';
import { reduce } from '../../protocol/field.ts';
import { Random } from '../../scripts/random.ts';
import type { CompiledCircuit } from './compiled-circuit.ts';
import { type R1cs, R1csChecker } from './r1cs.ts';

/**
 * Mutates a witness: names of the signals, every one tried, that may take one of several other values while all others stay, and no
 * constraint breaks.
 *
 * @param witness the value of each wire; throws if it breaks a constraint itself
 */
export async function freeSignals(
  circuit: CompiledCircuit,
  r1cs: R1cs,
  witness: readonly bigint[],
): Promise<string[]> {
  const names = await circuit.wireNames();
  const checker = new R1csChecker(r1cs, witness);
  if (checker.broken() !== undefined) throw new Error(`constraint ${checker.broken()} does not hold`);
  const random = new Random(1);
  const free = new Set<string>();
  for (let wire = 1; wire < r1cs.wires; wire++) {
    const value = witness[wire]!;
    const others = [
      0n,
      1n,
      value + 1n,
      value - 1n,
      -value,
      value + (1n << 31n),
      value + (1n << 64n),
      value + BLS_FIELD,
      random.bits(253),
      witness[random.below(r1cs.wires)]!,
    ];
    for (const other of new Set(others.map(reduce))) {
      if (other !== value && checker.brokenBy(new Map([[wire, other]])) === undefined)
        free.add(names.get(wire)!);
    }
  }
  return [...free];
}
