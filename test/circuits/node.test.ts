import { expect, test } from 'vitest';
import { poseidon } from '../../protocol/poseidon.ts';
import { gadget } from '../../prover/artifacts/gadget-circuit.ts';
import { Random } from '../../scripts/random.ts';
import { CompiledCircuit } from '../support/compiled-circuit.ts';

test.each([
  [8, 2, 776],
  [8, 1, 770],
  [16, 1, 1144],
])(
  'a node of %i elements in places of %i: both hashes are those of Poseidon',
  async (n, width, constraints) => {
    const random = new Random(n + width);
    const circuit = await CompiledCircuit.open(
      gadget(`node-${n}-${width}`, 'node.circom', `Node(${n}, ${width})`),
    );
    expect((await circuit.r1cs()).constraints.length).toBeLessThanOrEqual(constraints);
    for (const place of [0, n / width - 1]) {
      const elements = Array.from({ length: n }, () => random.bits(253));
      const old = elements.slice(place * width, (place + 1) * width);
      const fresh = old.map(() => random.bits(253));
      const at = Array.from({ length: n / width }, (_, i) => (i === place ? '1' : '0'));
      const input = { elements: elements.map(String), at, old: old.map(String), new: fresh.map(String) };
      const witness = await circuit.witness(input);
      expect(witness[1]).toBe(poseidon(elements));
      expect(witness[2]).toBe(poseidon(elements.toSpliced(place * width, width, ...fresh)));
      const lie = { ...input, old: input.old.with(-1, String(random.bits(253))) };
      await expect(circuit.witness(lie)).rejects.toMatchObject({ code: 'witness-failed' });
    }
  },
);
