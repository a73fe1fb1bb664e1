import { beforeAll, describe, expect, test } from 'vitest';
import { blobBatch, blobPoint, blobWitness, openBatch } from '../../protocol/blob/binding.ts';
import { splitLayout } from '../../protocol/blob/split.ts';
import { MillraceError } from '../../protocol/error.ts';
import { reduce } from '../../protocol/field.ts';
import type { BatchWitness } from '../../protocol/witness.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { freeSignals } from '../support/free-signals.ts';
import { type R1cs, R1csChecker } from '../support/r1cs.ts';
import { RandomRollup } from '../support/random-batch.ts';
import type { TinyBatch } from '../support/tiny-batch.ts';
import { BLOB_SHAPE, tinyBlobBatch } from '../support/tiny-blob-batch.ts';
import { FREE } from './freedom.ts';
import { WITNESS_TIMEOUT } from './random-batches.ts';

const KINDS: readonly TinyBatch[] = ['exit-and-new', 'deposits-and-withdraw', 'transfers', 'empty'];

let circuit: CompiledCircuit;
let r1cs: R1cs;
beforeAll(async () => {
  circuit = await CompiledCircuit.open(batchCircuit(BLOB_SHAPE));
  r1cs = await circuit.r1cs();
}, WITNESS_TIMEOUT);

async function refuses(witness: BatchWitness): Promise<boolean> {
  try {
    await circuit.witness(witness);
    return false;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'witness-failed') return true;
    throw error;
  }
}

test.each(KINDS)('%s: the circuit takes the model’s statement', async (kind) => {
  const { opening, witness } = tinyBlobBatch(kind);
  const values = await circuit.witness(witness);
  expect(values.slice(0, 4)).toEqual([1n, opening.a, opening.zy, opening.yLo]);
  expect(new R1csChecker(r1cs, values).broken()).toBeUndefined();
  expect(r1cs.publicInputs).toBe(3);
});

test('random batches, three in one blob', async () => {
  for (const seed of [1, 2, 3]) {
    const rollup = new RandomRollup(seed, BLOB_SHAPE.depth);
    const sealed = (['full', 'mixed', 'full'] as const).map((kind) => rollup.nextBatch(BLOB_SHAPE, kind));
    const batches = sealed.map(({ batch, l1 }) => blobBatch(batch.d, BLOB_SHAPE, 0, l1.length));
    const z = blobPoint(new Uint8Array(32).fill(seed), batches);
    for (const [i, { batch }] of sealed.entries()) {
      expect(await refuses(blobWitness(batch.witness, openBatch(batches[i]!, z)))).toBe(false);
    }
  }
});

describe('another statement is refused', () => {
  const { opening, witness } = tinyBlobBatch('deposits-and-withdraw');
  test.each<[string, Partial<Record<'C' | 'z' | 'y', bigint>>]>([
    ['C alone, without the value of what L1 sees', { C: tinyBlobBatch('deposits-and-withdraw').batch.c }],
    ['another a', { C: reduce(opening.a + 1n) }],
    ['another z', { z: opening.zy ^ 1n }],
    ['another hi(y)', { z: opening.zy ^ (1n << 240n) }],
    ['a z of 248 bits', { z: opening.zy + (1n << 247n) }],
    ['another lo(y)', { y: opening.yLo + 1n }],
  ])('%s', async (_, change) => {
    const told = Object.fromEntries(Object.entries(change).map(([name, value]) => [name, String(value)]));
    expect(await refuses({ ...witness, ...told })).toBe(true);
  });
});

describe('an element that is not what the circuit did, with the statement that belongs to it', () => {
  const { batch, opening, sealed } = tinyBlobBatch('deposits-and-withdraw');
  const at = splitLayout(BLOB_SHAPE);
  const changed = (elements: readonly bigint[], i: number) => elements.with(i, elements[i]! + 1n);

  // Some of these are in both vectors and in C; here L1 would see another one at one place.
  test.each(Array.from({ length: at.visibleLength }, (_, i) => i))('of what L1 sees: %i', async (i) => {
    const lie = openBatch({ ...batch, visible: changed(batch.visible, i) }, opening.z);
    expect(await refuses(blobWitness(sealed.witness, lie))).toBe(true);
  });

  test.each(Array.from({ length: at.hiddenLength }, (_, i) => i))('of the blob: %i', async (i) => {
    const lie = openBatch({ ...batch, hidden: changed(batch.hidden, i) }, opening.z);
    expect(await refuses(blobWitness(sealed.witness, lie))).toBe(true);
  });
});

test('a new account’s key hash told with more than 248 bits is refused: a blob has no place for it', async () => {
  const { witness } = tinyBlobBatch('exit-and-new');
  const low = BigInt(witness.opKeyHashLo[0]!) + (1n << 248n);
  const told = { ...witness, opKeyHashLo: [String(low), ...witness.opKeyHashLo.slice(1)] };
  expect(await refuses(told)).toBe(true);
});

test.each(KINDS)('%s: no signal of the binding can be anything else while all others stay', async (kind) => {
  const free = await freeSignals(circuit, r1cs, await circuit.witness(tinyBlobBatch(kind).witness));
  expect(free.filter((name) => !FREE.some(({ signal }) => signal.test(name)))).toEqual([]);
});
