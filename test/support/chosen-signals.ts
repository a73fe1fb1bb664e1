import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SUBGROUP_ORDER } from '../../protocol/babyjubjub.ts';
import { reduce } from '../../protocol/field.ts';
import type { BatchWitness } from '../../protocol/witness.ts';

const WINDOWS = 84;
const SCALAR_BITS = 251n;

const require = createRequire(import.meta.url);
const constants = readFileSync(require.resolve('circomlib/circuits/poseidon_constants.circom'), 'utf8');

/** Poseidon's first constants for `n` inputs: that of the capacity, then one an input. */
function firstConstants(n: number): bigint[] {
  const start = constants.indexOf(`(t==${n + 1})`, constants.indexOf('function POSEIDON_C'));
  return [...constants.slice(start).matchAll(/0x[0-9a-f]+/g)].slice(0, n + 1).map(([hex]) => BigInt(hex));
}

/**
 * The signals of `Batch` that a prover chooses, by name, as its inputs have them: some inputs are in no constraint, others stand
 * for them. The elements of opened nodes stand behind the outputs of their first S-boxes, and S behind the digits of an odd w = S mod l.
 */
export function chosenSignals(
  witness: Pick<BatchWitness, 'bottom' | 'siblings' | 'opS'>,
  nodeArities: readonly number[],
): Map<string, bigint> {
  const chosen = new Map<string, bigint>();
  const chooseSboxes = (node: string, elements: readonly string[]): void => {
    const added = firstConstants(elements.length);
    elements.forEach((element, i) => {
      chosen.set(`${node}.sboxes[${i}]`, reduce((BigInt(element) + added[i + 1]!) ** 5n));
    });
  };
  witness.bottom.forEach((elements, j) => {
    chooseSboxes(`main.slots[${j}].leaf`, elements);
    let from = 0;
    nodeArities.forEach((arity, level) => {
      chooseSboxes(`main.slots[${j}].nodes[${level}]`, witness.siblings[j]!.slice(from, from + arity));
      from += arity;
    });
  });
  witness.opS.forEach((s, i) => {
    for (const [digit, bit] of digitsOf(BigInt(s))) chosen.set(`main.ops[${i}].signature.left.${digit}`, bit);
  });
  return chosen;
}

/** Sign and absolute value of the digits of the odd one of `s` and `s - l`, as BaseTimes has them. */
function* digitsOf(s: bigint): Generator<[string, bigint]> {
  const odd = s % 2n === 1n ? s : s - SUBGROUP_ORDER;
  const bits = (odd + (1n << SCALAR_BITS) - 1n) / 2n;
  const bit = (i: number): bigint => (bits >> BigInt(i)) & 1n;
  for (let j = 0; j < WINDOWS; j++) {
    const last = j === WINDOWS - 1;
    const positive = bit(3 * j + (last ? 1 : 2));
    yield [`positive[${j}]`, positive];
    yield [`low[${j}]`, bit(3 * j) === positive ? 1n : 0n];
    if (!last) yield [`high[${j}]`, bit(3 * j + 1) === positive ? 1n : 0n];
  }
}
