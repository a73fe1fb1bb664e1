import { beforeAll, describe, expect, test } from 'vitest';
import { FIELD, reduce } from '../../protocol/field.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';
import { type R1cs, R1csChecker } from '../support/r1cs.ts';
import { Random } from '../support/random.ts';
import { SHAPE, type TinyBatch, tinyBatch } from '../support/tiny-batch.ts';

let circuit: CompiledCircuit;
let r1cs: R1cs;
let names: Map<number, string>;

beforeAll(async () => {
  circuit = await CompiledCircuit.open(batchCircuit(SHAPE));
  r1cs = await circuit.r1cs();
  names = await circuit.wireNames();
});

describe('no signal can be anything else while all others stay', () => {
  test.each<TinyBatch>(['exit-and-new', 'deposits-and-withdraw', 'transfers', 'empty'])(
    '%s',
    async (kind) => {
      const witness = await circuit.witness(tinyBatch(kind).witness);
      const checker = new R1csChecker(r1cs, witness);
      expect(checker.broken()).toBeUndefined();
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
          value + (1n << 64n),
          random.bits(253),
          witness[random.below(r1cs.wires)]!,
        ];
        for (const other of new Set(others.map(reduce))) {
          if (other === value || checker.brokenBy(new Map([[wire, other]])) !== undefined) continue;
          free.add(names.get(wire)!);
        }
      }
      expect([...free]).toEqual([]);
    },
  );
});

test('the checker sees a single broken constraint', async () => {
  const witness = await circuit.witness(tinyBatch('transfers').witness);
  const changed = witness.with(3, (witness[3]! + 1n) % FIELD);
  expect(new R1csChecker(r1cs, changed).broken()).toBeDefined();
});
