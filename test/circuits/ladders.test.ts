import { describe, expect, test } from 'vitest';
import { BASE, multiply, type Point, SUBGROUP_ORDER } from '../../protocol/babyjubjub.ts';
import { FIELD, reduce } from '../../protocol/field.ts';
import { keyPairFromPrivateKey, sign } from '../../protocol/keys.ts';
import { CompiledCircuit, gadget } from '../support/compiled-circuit.ts';
import { R1csChecker } from '../support/r1cs.ts';
import { Random } from '../support/random.ts';

const RANDOM = new Random(3);
const negative = ([x, y]: Point): Point => [reduce(-x), y];

test('a signature costs at most 3,100 constraints and leaves no signal free', async () => {
  const circuit = await CompiledCircuit.open(gadget('signature', 'signature.circom', 'Signature()'));
  const r1cs = await circuit.r1cs();
  expect(r1cs.constraints.length).toBeLessThanOrEqual(3100);
  const { publicKey, ...key } = keyPairFromPrivateKey(new Uint8Array(32).fill(9));
  const { r8, s } = sign({ publicKey, ...key }, 77n);
  const input = { enabled: 1n, ax: publicKey[0], ay: publicKey[1], r8x: r8[0], r8y: r8[1], s, message: 77n };
  const witness = await circuit.witness(
    Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)])),
  );
  const checker = new R1csChecker(r1cs, witness);
  expect(checker.broken()).toBeUndefined();
  for (let wire = 1; wire < r1cs.wires; wire++) {
    for (const value of [0n, 1n, reduce(witness[wire]! + 1n), reduce(-witness[wire]!), RANDOM.bits(253)]) {
      if (value !== witness[wire]) expect(checker.brokenBy(new Map([[wire, value]]))).toBeDefined();
    }
  }
});

/** Numbers around the multiples of the order, where a ladder with gaps would stumble. */
function edges(limit: bigint): bigint[] {
  const near = Array.from({ length: 9 }, (_, i) => BigInt(i) * SUBGROUP_ORDER);
  const powers = [1n, 5n, 64n, 128n, 249n, 250n, 251n, 252n, 253n].map((bits) => 1n << bits);
  return [...near, ...near.map((n) => n / 2n), ...powers, FIELD]
    .flatMap((n) => [-3n, -2n, -1n, 0n, 1n, 2n, 3n].map((delta) => n + delta))
    .filter((n) => n >= 0n && n < limit);
}

test('h Q for every h that is near an edge', async () => {
  const circuit = await CompiledCircuit.open(
    gadget('challenge', 'challenge_times.circom', 'ChallengeTimes()'),
  );
  const points = [BASE, negative(BASE), multiply(BASE, 8n), multiply(BASE, RANDOM.bits(250))];
  for (const [i, h] of edges(FIELD).entries()) {
    const q = points[i % points.length]!;
    const bits = Array.from({ length: 254 }, (_, bit) => String((h >> BigInt(bit)) & 1n));
    const witness = await circuit.witness({ bits, q: q.map(String) });
    expect(witness.slice(1, 3)).toEqual([...multiply(q, h % SUBGROUP_ORDER)]);
  }
});

test('S B8 for every S that is near an edge, none from the order on', async () => {
  const circuit = await CompiledCircuit.open(gadget('base', 'fixed_base.circom', 'BaseTimes()'));
  for (const s of [...edges(SUBGROUP_ORDER), RANDOM.bits(250)]) {
    const witness = await circuit.witness({ scalar: String(s) });
    expect(witness.slice(1, 3)).toEqual([...multiply(BASE, s)]);
  }
  for (const s of [SUBGROUP_ORDER, SUBGROUP_ORDER + 1n, 2n * SUBGROUP_ORDER, FIELD - 1n]) {
    await expect(circuit.witness({ scalar: String(s) })).rejects.toMatchObject({ code: 'witness-failed' });
  }
});

describe('the bits of a field element', () => {
  test('are those of its canonical representative, and no others', async () => {
    const circuit = await CompiledCircuit.open(gadget('field-bits', 'field_bits.circom', 'FieldBits()'));
    const [r1cs, names] = [await circuit.r1cs(), await circuit.wireNames()];
    const wires = new Map([...names].map(([wire, name]) => [name, wire]));
    for (const value of [
      0n,
      1n,
      5n,
      FIELD - 1n,
      FIELD - 2n,
      FIELD / 2n,
      (1n << 253n) - 1n,
      RANDOM.bits(250),
    ]) {
      const witness = await circuit.witness({ in: String(value) });
      const checker = new R1csChecker(r1cs, witness);
      expect(checker.broken()).toBeUndefined();
      for (let bit = 0; bit < 254; bit++) {
        const wire = wires.get(`main.out[${bit}]`);
        if (wire !== undefined) expect(witness[wire]).toBe((value >> BigInt(bit)) & 1n);
      }
      const other = value + FIELD;
      if (other >> 254n > 0n) continue;
      // The same element's other bits, with the comparison that belongs to them.
      const changes = new Map<number, bigint>();
      let equal = 1n;
      for (let bit = 253; bit >= 0; bit--) {
        const one = (other >> BigInt(bit)) & 1n;
        if (((FIELD - 1n) >> BigInt(bit)) & 1n) equal *= one;
        const [outWire, equalWire] = [wires.get(`main.out[${bit}]`), wires.get(`main.equal[${bit}]`)];
        if (outWire !== undefined) changes.set(outWire, one);
        if (equalWire !== undefined) changes.set(equalWire, equal);
      }
      expect(checker.brokenBy(changes)).toBeDefined();
    }
  });
});
