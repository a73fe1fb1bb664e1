import { keccak256, toBeHex } from 'ethers';
import { FIELD } from '../protocol/field.ts';
import { bn254, readG1 } from '../prover/curve.ts';
import type { G1Json, Groth16Proof, VerificationKey } from '../prover/proof.ts';
import { type Pair, type ProofOnL1, proofOnL1, verifyingKeyOnL1 } from './verifying-key.ts';

/** A proof and what it proves. */
export interface ProvenStatement {
  /** Shape of the batch: L1 has a verifier, and so a key, for each. */
  readonly shape: string | number;
  readonly verificationKey: VerificationKey;
  /** `[C, z, y]`, each below r. */
  readonly publicInputs: readonly [bigint, bigint, bigint];
  readonly proof: Groth16Proof;
}

/** Proofs as L1 takes several at once: of each its A and B, and for each shape the sum of its proofs' C by their weights. */
export interface AggregatedProofs {
  readonly proofs: readonly Pick<ProofOnL1, 'a' | 'b'>[];
  /** In the order of the shapes' first proofs. */
  readonly sums: readonly Pair[];
}

/**
 * Makes what `proveBatches` and `commitAndProveBatches` take of these proofs, in their order; docs/protocol.md section 3.6.
 * A C that is no point of the curve is left out of a sum: L1 refuses the whole in any case.
 * @param statements at least one
 */
export async function aggregateProofs(statements: readonly ProvenStatement[]): Promise<AggregatedProofs> {
  const shapes = [...new Set(statements.map(({ shape }) => shape))];
  const proofs = statements.map(({ proof }) => proofOnL1(proof));
  const challenge = challengeOf(statements, shapes, proofs);
  const sums = await Promise.all(
    shapes.map((shape) => {
      const ofShape = statements.filter((statement) => statement.shape === shape);
      return sumOf(
        ofShape.map(({ proof }) => proof.pi_c),
        challenge,
      );
    }),
  );
  return { proofs: proofs.map(({ a, b }) => ({ a, b })), sums };
}

/** The hash of all keys, statements, A and B that the weights are the powers of. */
function challengeOf(
  statements: readonly ProvenStatement[],
  shapes: readonly (string | number)[],
  proofs: readonly ProofOnL1[],
): bigint {
  const keys = shapes.map((shape) => {
    const { verificationKey } = statements.find((statement) => statement.shape === shape)!;
    const { alpha, beta, gamma, delta, ic } = verifyingKeyOnL1(verificationKey);
    return [alpha, beta, gamma, delta, ic];
  });
  const inputs = statements.map(({ shape, publicInputs }) => [shapes.indexOf(shape), ...publicInputs]);
  const points = proofs.map(({ a, b }) => [a, b]);
  const words = [shapes.length, statements.length, keys, inputs, points].flat(Infinity) as (
    | string
    | number
    | bigint
  )[];
  return BigInt(keccak256(`0x${words.map((word) => toBeHex(word, 32).slice(2)).join('')}`)) % FIELD;
}

/** The C of one key's proofs, added up by their weights. */
async function sumOf(points: readonly G1Json[], challenge: bigint): Promise<Pair> {
  const [first] = points;
  if (points.length === 1) return [first![0], first![1]];
  const curve = await bn254();
  const { G1 } = curve;
  const weights = weightsOf(points.length, challenge);
  let sum = G1.zeroAffine;
  points.forEach((json, i) => {
    const point = readG1(curve, json);
    if (point !== undefined && !G1.isZero(point)) sum = G1.add(sum, G1.timesScalar(point, weights[i]!));
  });
  if (G1.isZero(sum)) return ['0', '0'];
  const [x, y] = G1.toObject(G1.toAffine(sum)) as [bigint, bigint];
  return [String(x), String(y)];
}

/** `w, w^2, ...` for the proofs after the first, and 1 minus all these for the first. */
function weightsOf(count: number, challenge: bigint): bigint[] {
  const rest: bigint[] = [];
  for (let weight = challenge; rest.length < count - 1; weight = (weight * challenge) % FIELD)
    rest.push(weight);
  const total = rest.reduce((sum, weight) => sum + weight, 0n);
  return [(((1n - total) % FIELD) + FIELD) % FIELD, ...rest];
}
