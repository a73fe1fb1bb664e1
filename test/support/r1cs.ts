import { FIELD } from '../../protocol/field.ts';

const HEADER_SECTION = 1;
const CONSTRAINTS_SECTION = 2;
const VALUE_BYTES = 32;

/** A linear combination of wires: `sum of coefficients[i] * wires[i]`. */
export interface LinearCombination {
  readonly wires: readonly number[];
  readonly coefficients: readonly bigint[];
}

/** `a * b = c`. */
export type Constraint = readonly [a: LinearCombination, b: LinearCombination, c: LinearCombination];

export interface R1cs {
  readonly wires: number;
  /** Wires `1 .. publicInputs` are the public inputs of a circuit without outputs. */
  readonly publicInputs: number;
  readonly constraints: readonly Constraint[];
}

/** Reads iden3's `.r1cs` format, version 1, of a circuit over BN254 that our own compiler has just made. */
export function parseR1cs(file: Buffer): R1cs {
  const sections = new Map<number, number>();
  for (let at = 12; at < file.length; at += 12 + Number(file.readBigUInt64LE(at + 4))) {
    sections.set(file.readUInt32LE(at), at + 12);
  }
  const header = sections.get(HEADER_SECTION)! + 4 + VALUE_BYTES;
  let at = sections.get(CONSTRAINTS_SECTION)!;
  const readCombination = (): LinearCombination => {
    const wires: number[] = [];
    const coefficients: bigint[] = [];
    const terms = file.readUInt32LE(at);
    at += 4;
    for (let i = 0; i < terms; i++, at += 4 + VALUE_BYTES) {
      wires.push(file.readUInt32LE(at));
      coefficients.push(readValue(file, at + 4));
    }
    return { wires, coefficients };
  };
  const constraints = Array.from(
    { length: file.readUInt32LE(header + 24) },
    (): Constraint => [readCombination(), readCombination(), readCombination()],
  );
  return { wires: file.readUInt32LE(header), publicInputs: file.readUInt32LE(header + 8), constraints };
}

function readValue(file: Buffer, at: number): bigint {
  let value = 0n;
  for (let limb = 3; limb >= 0; limb--) value = (value << 64n) | file.readBigUInt64LE(at + 8 * limb);
  return value;
}

/** What a wire contributes to a constraint: its coefficients in a, b and c. */
interface Occurrence {
  readonly constraint: number;
  readonly coefficients: [a: bigint, b: bigint, c: bigint];
}

/**
 * Evaluates a constraint system over one witness once, then tells for any change of a few wires which constraint breaks, looking
 * only at the constraints in which those wires occur.
 */
export class R1csChecker {
  readonly #occurrences: Occurrence[][];
  readonly #values: [a: bigint, b: bigint, c: bigint][];
  readonly #witness: readonly bigint[];

  constructor(r1cs: R1cs, witness: readonly bigint[]) {
    this.#witness = witness;
    this.#occurrences = Array.from({ length: r1cs.wires }, () => []);
    this.#values = r1cs.constraints.map((constraint, number) => {
      const values: [bigint, bigint, bigint] = [0n, 0n, 0n];
      constraint.forEach(({ wires, coefficients }, side) => {
        wires.forEach((wire, i) => {
          values[side]! += coefficients[i]! * witness[wire]!;
          const known = this.#occurrences[wire]!.at(-1);
          const occurrence: Occurrence =
            known?.constraint === number ? known : { constraint: number, coefficients: [0n, 0n, 0n] };
          if (occurrence !== known) this.#occurrences[wire]!.push(occurrence);
          occurrence.coefficients[side]! += coefficients[i]!;
        });
      });
      return values;
    });
  }

  /** The first constraint that the witness itself breaks. */
  broken(): number | undefined {
    const broken = this.#values.findIndex(([a, b, c]) => !holds(a, b, c));
    return broken < 0 ? undefined : broken;
  }

  /** A constraint that breaks when the wires take these values instead, if there is one. */
  brokenBy(changes: ReadonlyMap<number, bigint>): number | undefined {
    const touched = new Map<number, [a: bigint, b: bigint, c: bigint]>();
    for (const [wire, value] of changes) {
      const delta = value - this.#witness[wire]!;
      for (const { constraint, coefficients } of this.#occurrences[wire]!) {
        const [a, b, c] = touched.get(constraint) ?? this.#values[constraint]!;
        const [da, db, dc] = coefficients;
        touched.set(constraint, [a + delta * da, b + delta * db, c + delta * dc]);
      }
    }
    for (const [constraint, [a, b, c]] of touched) if (!holds(a, b, c)) return constraint;
    return undefined;
  }
}

function holds(a: bigint, b: bigint, c: bigint): boolean {
  return ((a % FIELD) * (b % FIELD) - c) % FIELD === 0n;
}
