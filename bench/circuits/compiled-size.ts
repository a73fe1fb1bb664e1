import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shape } from '../../protocol/shape.ts';
import { artifactFolder } from '../../prover/artifacts/artifact-folder.ts';
import type { OnArtifactProgress } from '../../prover/artifacts/artifact-progress.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import type { Circuit } from '../../prover/artifacts/circuit-sources.ts';
import { compileCircuit } from '../../prover/artifacts/compile-circuit.ts';
import { gadget } from '../../prover/artifacts/gadget-circuit.ts';
import type { CircuitLayout } from '../../prover/native/addon.ts';
import { readR1csHeader } from '../../prover/setup/r1cs-header.ts';

/** How large a compiled circuit is. */
export interface CircuitSize {
  readonly constraints: number;
  /** Values of a witness, the constant 1 included. */
  readonly wires: number;
  readonly domainPower: number;
  /** Terms with a coefficient other than 0 in the matrices A, B and C. */
  readonly nonZeros: readonly [a: number, b: number, c: number];
}

/** A batch circuit's size parameters. */
export type Size = Pick<Shape, 'n2' | 'n1' | 'm' | 'depth'>;

const COMBINATIONS = 3;
const TERM_BYTES = 4 + 32;

/** Compiles circuits, or finds them compiled, and measures them. */
export class CircuitSizes {
  readonly #onProgress: OnArtifactProgress;

  constructor(onProgress: OnArtifactProgress) {
    this.#onProgress = onProgress;
  }

  batch({ n2, n1, m, depth }: Size): Promise<CircuitSize> {
    return this.#of(batchCircuit({ name: `batch-${n2}-${n1}-${m}-${depth}`, n2, n1, m, depth }));
  }

  shape(shape: Shape): Promise<CircuitSize> {
    return this.#of(batchCircuit(shape));
  }

  /** See {@link gadget}. */
  gadget(name: string, file: string, instance: string): Promise<CircuitSize> {
    return this.#of(gadget(name, file, instance));
  }

  async #of(circuit: Circuit): Promise<CircuitSize> {
    const { folder } = await compileCircuit(circuit, join(artifactFolder(), 'circuits'), this.#onProgress);
    const header = await readR1csHeader(join(folder, 'circuit.r1cs'));
    const { constraints, wires, domainPower } = header;
    return { constraints, wires, domainPower, nonZeros: await countNonZeros(header) };
  }
}

/** Walks over the constraints, each of three linear combinations: a number of terms, then the terms. */
async function countNonZeros(circuit: CircuitLayout): Promise<[number, number, number]> {
  const file = await readFile(circuit.r1csPath);
  const counts: [number, number, number] = [0, 0, 0];
  let at = circuit.constraintsOffset;
  for (let i = 0; i < COMBINATIONS * circuit.constraints; i++) {
    const terms = file.readUInt32LE(at);
    counts[i % COMBINATIONS]! += terms;
    at += 4 + TERM_BYTES * terms;
  }
  return counts;
}
