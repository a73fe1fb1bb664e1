import { groth16 } from 'snarkjs';
import { expect, test } from 'vitest';
import { trapdoorKey } from '../scripts/trapdoor-key.ts';
import { proofOnL1, verifyingKeyHash, verifyingKeyOnL1 } from './verifying-key.ts';

test('a proof has the order of snarkjs’s calldata', async () => {
  const { prove } = await trapdoorKey(3);
  const proof = prove([1n, 2n, 3n]);
  const [a, b, c] = JSON.parse(`[${await groth16.exportSolidityCallData(proof, ['1', '2', '3'])}]`);
  const decimal = JSON.parse(JSON.stringify([a, b, c]), (_, value) =>
    typeof value === 'string' ? BigInt(value).toString() : value,
  );
  expect(proofOnL1(proof)).toEqual({ a: decimal[0], b: decimal[1], c: decimal[2] });
});

test('every point of a key counts in its hash', async () => {
  const { verificationKey } = await trapdoorKey(3);
  const other = (await trapdoorKey(4)).verificationKey;
  const changed = [
    { ...verificationKey, vk_alpha_1: other.vk_alpha_1 },
    { ...verificationKey, vk_beta_2: other.vk_beta_2 },
    { ...verificationKey, vk_gamma_2: other.vk_gamma_2 },
    { ...verificationKey, vk_delta_2: other.vk_delta_2 },
    ...[0, 1, 2, 3].map((place) => ({
      ...verificationKey,
      IC: verificationKey.IC.with(place, other.IC[place]!),
    })),
  ];
  const hashes = [verificationKey, ...changed].map(verifyingKeyHash);
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('a key with another number of public inputs is refused', async () => {
  const { verificationKey } = await trapdoorKey(3);
  const IC = verificationKey.IC.slice(1);
  expect(() => verifyingKeyOnL1({ ...verificationKey, nPublic: 2, IC })).toThrow(
    expect.objectContaining({ code: 'wrong-public-inputs' }),
  );
});
