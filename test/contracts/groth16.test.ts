import type { Contract } from 'ethers';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AggregatedProofs, aggregateProofs } from '../../aggregator/proof-aggregation.ts';
import {
  type ProofOnL1,
  proofOnL1,
  verifyingKeyHash,
  verifyingKeyOnL1,
} from '../../aggregator/verifying-key.ts';
import { FIELD } from '../../protocol/field.ts';
import { SnarkjsBackend } from '../../prover/backends/snarkjs.ts';
import { type Groth16Proof, verificationKeySchema } from '../../prover/proof.ts';
import { WitnessCalculator } from '../../prover/witness.ts';
import { type HardhatChain, hardhatChain } from '../support/contracts.ts';
import { type ToyFiles, toyCircuit, toyInput } from '../support/toy-circuit.ts';

/** Order of BN254's base field. */
const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const PROOFS = 5;

interface Proven {
  readonly inputs: readonly [bigint, bigint, bigint];
  readonly proof: Groth16Proof;
  readonly onL1: ProofOnL1;
}

let chain: HardhatChain;
let toy: ToyFiles;
let verifier: Contract;
const proven: Proven[] = [];

beforeAll(async () => {
  [chain, toy] = await Promise.all([hardhatChain(), toyCircuit()]);
  verifier = await deploy(toy.vkey);
  const calculator = await WitnessCalculator.open(toy.wasm);
  const backend = new SnarkjsBackend();
  for (let i = 0; i < PROOFS; i++) {
    const { input } = toyInput(BigInt(i), BigInt(100 + i));
    const { proof, publicSignals } = await backend.prove(toy.zkey, await calculator.calculate(input));
    const [c = '', z = '', y = ''] = publicSignals;
    proven.push({ inputs: [BigInt(c), BigInt(z), BigInt(y)], proof, onL1: proofOnL1(proof) });
  }
});

afterAll(() => chain.close());

function deploy(vkey: Record<string, unknown>): Promise<Contract> {
  return chain.ethers.deployContract('Groth16Verifier', [
    verifyingKeyOnL1(verificationKeySchema.parse(vkey)),
  ]);
}

type Statement = readonly (bigint | string)[];

async function verify(inputs: Statement, proof: ProofOnL1): Promise<void> {
  await verifier.getFunction('verify')(inputs, proof);
}

/** Verifies proofs together. @param change made to what is handed in */
async function verifyAll(
  inputs: readonly (readonly [bigint, bigint, bigint])[],
  proofs: readonly Groth16Proof[],
  change: (handedIn: AggregatedProofs) => AggregatedProofs = (handedIn) => handedIn,
): Promise<void> {
  const verificationKey = verificationKeySchema.parse(toy.vkey);
  const statements = inputs.map((publicInputs, i) => ({
    shape: 0,
    verificationKey,
    publicInputs,
    proof: proofs[i]!,
  }));
  const handedIn = change(await aggregateProofs(statements));
  const onL1 = inputs.map((publicInputs) => [0, ...publicInputs]);
  await verifier.getFunction('verifyAggregate')([], onL1, handedIn.proofs, handedIn.sums);
}

/** The proof with its word `place` (a, b, c in the order of calldata) changed. */
function withWord(proof: ProofOnL1, place: number, change: (word: bigint) => bigint): ProofOnL1 {
  const words = [...proof.a, ...proof.b.flat(), ...proof.c].map(BigInt);
  words[place] = change(words[place]!);
  const pair = (at: number) => [String(words[at]), String(words[at + 1])] as const;
  return { a: pair(0), b: [pair(2), pair(4)], c: pair(6) };
}

test('the key on L1 is the one that snarkjs exported', async () => {
  expect(await verifier.getFunction('vkHash')()).toBe(
    verifyingKeyHash(verificationKeySchema.parse(toy.vkey)),
  );
});

test('a key without a contribution is refused', async () => {
  await expect(deploy(toy.forgeableVkey)).rejects.toThrow(/ForgeableKey/);
});

/** A = IC_0 + sum x_j IC_j, B = gamma, C = -alpha holds for any inputs. */
test('a key whose delta is its beta is refused', async () => {
  await expect(deploy({ ...toy.vkey, vk_delta_2: toy.vkey.vk_beta_2 })).rejects.toThrow(/ForgeableKey/);
});

test("proofs in the order of snarkjs's calldata are accepted one by one", async () => {
  for (const { inputs, proof, onL1 } of proven) {
    const printed = await groth16.exportSolidityCallData(proof, inputs.map(String));
    const [a, b, c, signals] = JSON.parse(`[${printed}]`);
    await verify(signals, { a, b, c });
    await verify(inputs, onL1);
  }
});

describe.each([1, 2, PROOFS])('%d proofs at once', (count) => {
  const inputs = () => proven.slice(0, count).map((one) => one.inputs);
  const proofs = () => proven.slice(0, count).map(({ proof }) => proof);

  test('are accepted', async () => {
    await verifyAll(inputs(), proofs());
  });

  test('are refused with one wrong input among them', async () => {
    for (let bad = 0; bad < count; bad++) {
      for (let j = 0; j < 3; j++) {
        const wrong = inputs().map((one) => [...one] as [bigint, bigint, bigint]);
        wrong[bad]![j] = (wrong[bad]![j]! + 1n) % FIELD;
        await expect(verifyAll(wrong, proofs())).rejects.toThrow(/InvalidProof/);
      }
    }
  });

  test("are refused with one proof of another's statement among them", async () => {
    for (let bad = 0; bad < count; bad++) {
      const wrong = proofs().with(bad, proven[(bad + 1) % PROOFS]!.proof);
      await expect(verifyAll(inputs(), wrong)).rejects.toThrow(/InvalidProof/);
    }
  });

  test('are refused with any changed element of a proof or of the sum', async () => {
    const changes = [(word: bigint) => (word + 1n) % BASE_FIELD, (word: bigint) => word + BASE_FIELD];
    for (const change of changes) {
      for (let place = 0; place < 8; place++) {
        const refused = verifyAll(inputs(), proofs(), ({ proofs: all, sums }) => {
          const { a, b, c } = withWord({ ...all[count - 1]!, c: sums[0]! }, place, change);
          return { proofs: all.with(count - 1, { a, b }), sums: [c] };
        });
        await expect(refused).rejects.toThrow(/CurveOperationFailed/);
      }
    }
  });

  test('are refused with an aliased input', async () => {
    for (let j = 0; j < 3; j++) {
      const wrong = inputs().map((one) => [...one] as [bigint, bigint, bigint]);
      wrong[count - 1]![j]! += FIELD;
      await expect(verifyAll(wrong, proofs())).rejects.toThrow(/InputOutOfRange/);
    }
  });
});

test('A replaced by -A is refused, (-A, -B) is the same proof', async () => {
  const { inputs, onL1 } = proven[0]!;
  const negate = (word: bigint) => BASE_FIELD - word;
  const negatedA = withWord(onL1, 1, negate);
  await expect(verify(inputs, negatedA)).rejects.toThrow(/InvalidProof/);
  await expect(verify(inputs, withWord(onL1, 7, negate))).rejects.toThrow(/InvalidProof/);
  await verify(inputs, withWord(withWord(negatedA, 4, negate), 5, negate));
});
