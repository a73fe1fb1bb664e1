import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SUBGROUP_ORDER } from '../../protocol/babyjubjub.ts';
import { FIELD, reduce } from '../../protocol/field.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import { WINDOWS, windowPoints } from '../../scripts/base-windows.ts';

const require = createRequire(import.meta.url);
const constants = readFileSync(require.resolve('circomlib/circuits/poseidon_constants.circom'), 'utf8');

/** Poseidon's first constants for `n` inputs: that of the capacity, then one an input. */
function firstConstants(n: number): bigint[] {
  const start = constants.indexOf(`(t==${n + 1})`, constants.indexOf('function POSEIDON_C'));
  return [...constants.slice(start).matchAll(/0x[0-9a-f]+/g)].slice(0, n + 1).map(([hex]) => BigInt(hex));
}

/**
 * Signals of `Batch` that a prover chooses, by name, as its inputs have them. The elements of opened nodes stand behind the outputs of
 * their first S-boxes, as the elements themselves are in no constraint. The points that are added for the digits of S
 * follow from S, but only as roots of polynomials.
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
    digitPoints(BigInt(s)).forEach((point, j) => {
      const summand = `main.ops[${i}].signature.left.sum[${Math.max(j - 1, 0)}].${j === 0 ? 'p' : 'q'}`;
      for (const [c, coordinate] of point.entries()) chosen.set(`${summand}[${c}]`, coordinate);
    });
  });
  return chosen;
}

let table: ReturnType<typeof windowPoints>[] | undefined;

/** The points of the windows that `BaseTimes` adds for `s`, in Montgomery form. */
export function digitPoints(s: bigint): [u: bigint, v: bigint][] {
  table ??= Array.from({ length: WINDOWS }, (_, j) => windowPoints(j));
  return table.map((points, j) => {
    const bits = Number((s >> (4n * BigInt(j))) & 15n);
    const [u, v] = points[bits >= 8 ? bits - 8 : 7 - bits]!;
    return [u, bits >= 8 ? v : reduce(-v)];
  });
}

/** What `ChallengeTimes` takes for `h`, by name: one choice of several. */
export function chosenForChallenge(h: bigint): Map<string, bigint> {
  let q = h / SUBGROUP_ORDER;
  if (h >= FIELD - SUBGROUP_ORDER) q = 7n;
  const odd = (h + (3n - q) * SUBGROUP_ORDER) & 1n;
  const bits = [0n, 1n, 2n].map((i): [string, bigint] => [`qBits[${i}]`, (q >> i) & 1n]);
  return new Map([...bits, ['e', 1n - odd]]);
}
