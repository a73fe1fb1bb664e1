import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FIELD } from '../../protocol/field.ts';
import { devSetup } from '../setup/dev-setup.ts';
import { toLittleEndian, uint32 } from '../setup/little-endian.ts';
import { exportVerificationKey } from '../setup/verification-key.ts';

export interface TestCircuit {
  readonly zkey: string;
  /** Path of a valid witness. */
  readonly wtns: string;
  readonly vkey: Record<string, unknown>;
  readonly publicSignals: readonly string[];
}

/** A linear combination: coefficients by wire. */
type Combination = readonly (readonly [wire: number, coefficient: bigint])[];

/**
 * Makes a circuit, its key and a witness without a compiler. Wire 1 is free; every further wire is the product of two
 * combinations of the wires before it. Values are of every kind that a prover treats apart: zeros, ones, r - 1, small
 * numbers, and full-width ones.
 *
 * @param name of the files in `folder`
 * @param publicWires of them are public signals, the first ones
 */
export async function makeTestCircuit(
  folder: string,
  name: string,
  { publicWires, privateWires }: { publicWires: number; privateWires: number },
): Promise<TestCircuit> {
  const wires = 1 + publicWires + privateWires;
  const values: bigint[] = [1n, 5n];
  const constraints: Combination[][] = [];
  for (let wire = 2; wire < wires; wire++) {
    const [a, b] = factors(wire);
    values.push((evaluate(a, values) * evaluate(b, values)) % FIELD);
    constraints.push([a, b, [[wire, 1n]]]);
  }
  const [r1cs, wtns, zkey] = ['r1cs', 'wtns', 'zkey'].map((ending) => join(folder, `${name}.${ending}`));
  await writeFile(r1cs!, r1csFile({ wires, publicWires, constraints }));
  await writeFile(wtns!, wtnsFile(values));
  await devSetup({ r1cs: r1cs!, zkey: zkey!, backend: 'native', threads: 2 });
  const vkey = { ...(await exportVerificationKey(zkey!)) };
  return {
    zkey: zkey!,
    wtns: wtns!,
    vkey,
    publicSignals: values.slice(1, 1 + publicWires).map(String),
  };
}

function factors(wire: number): [Combination, Combination] {
  const last = wire - 1;
  switch (wire % 7) {
    case 0: // zero
      return [
        [
          [last, 1n],
          [last, FIELD - 1n],
        ],
        [[0, 1n]],
      ];
    case 1: // one
      return [[[0, 1n]], [[0, 1n]]];
    case 2: // r - 1
      return [[[0, FIELD - 1n]], [[0, 1n]]];
    case 3: // small
      return [[[0, BigInt(wire)]], [[0, 3n]]];
    case 4: // a wire that B and C do not know, and an empty product
      return [[[1, 1n]], []];
    default:
      return [
        [
          [last, 7n],
          [1, BigInt(wire) ** 9n],
        ],
        [
          [Math.max(last - 3, 0), 1n],
          [last, FIELD - 2n],
          [1, 11n ** 60n],
          [0, 1n],
        ],
      ];
  }
}

function evaluate(combination: Combination, values: readonly bigint[]): bigint {
  return (
    combination.reduce((sum, [wire, coefficient]) => sum + coefficient * (values[wire] ?? 0n), 0n) % FIELD
  );
}

/** The bytes of a witness file with these values. */
export function wtnsFile(values: readonly bigint[]): Buffer {
  const header = Buffer.concat([uint32(32), toLittleEndian(FIELD, 32), uint32(values.length)]);
  return container('wtns', 2, [header, scalars(values)]);
}

function r1csFile(circuit: { wires: number; publicWires: number; constraints: Combination[][] }): Buffer {
  const { wires, publicWires, constraints } = circuit;
  const header = Buffer.concat([
    uint32(32),
    toLittleEndian(FIELD, 32),
    uint32(wires, 0, publicWires, wires - 1 - publicWires, wires, 0, constraints.length),
  ]);
  const rows = constraints
    .flat()
    .map((combination) =>
      Buffer.concat([
        uint32(combination.length),
        ...combination.flatMap(([wire, value]) => [uint32(wire), toLittleEndian(value % FIELD, 32)]),
      ]),
    );
  const labels = Buffer.alloc(8 * wires);
  for (let wire = 0; wire < wires; wire++) labels.writeUInt32LE(wire, 8 * wire);
  return container('r1cs', 1, [header, Buffer.concat(rows), labels]);
}

function scalars(values: readonly bigint[]): Buffer {
  return Buffer.concat(values.map((value) => toLittleEndian(value, 32)));
}

/** iden3's binary container with sections 1, 2, ... */
function container(magic: string, version: number, sections: readonly Buffer[]): Buffer {
  const parts = sections.flatMap((section, i) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(section.length));
    return [uint32(i + 1), length, section];
  });
  return Buffer.concat([Buffer.from(magic, 'latin1'), uint32(version, sections.length), ...parts]);
}
