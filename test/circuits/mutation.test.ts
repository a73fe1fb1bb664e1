import { beforeAll, expect, test } from 'vitest';
import { FIELD } from '../../protocol/field.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { freeSignals } from '../support/free-signals.ts';
import { type R1cs, R1csChecker } from '../support/r1cs.ts';
import { SHAPE, type TinyBatch, tinyBatch } from '../support/tiny-batch.ts';

let circuit: CompiledCircuit;
let r1cs: R1cs;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(batchCircuit(SHAPE));
  r1cs = await circuit.r1cs();
});

test.each<TinyBatch>(['exit-and-new', 'deposits-and-withdraw', 'transfers', 'empty'])(
  '%s: no signal can be anything else while all others stay',
  async (kind) => {
    const witness = await circuit.witness(tinyBatch(kind).witness);
    expect(await freeSignals(circuit, r1cs, witness)).toEqual([]);
  },
);

test('the checker sees a single broken constraint', async () => {
  const witness = await circuit.witness(tinyBatch('transfers').witness);
  const changed = witness.with(3, (witness[3]! + 1n) % FIELD);
  expect(new R1csChecker(r1cs, changed).broken()).toBeDefined();
});
