import { sha256 } from '@noble/hashes/sha2.js';
import { FetchRequest, JsonRpcProvider } from 'ethers';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type BlobOpening,
  blobBatch,
  blobCoefficients,
  blobPoint,
  blobWitness,
  combineValues,
  openBatch,
} from '../../protocol/blob/binding.ts';
import { BLOB_ELEMENTS, decodeBlob, encodeBlob } from '../../protocol/blob/blob.ts';
import { BLS_FIELD } from '../../protocol/blob/scalar-field.ts';
import { joinVector, splitLayout } from '../../protocol/blob/split.ts';
import { concatBytes, toHex, wordFromInteger } from '../../protocol/bytes.ts';
import { ensureArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import type { ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';
import { verifyProof } from '../../prover/verify.ts';
import { startLocalL1 } from '../../scripts/local-l1.ts';
import { kzg } from '../support/kzg.ts';
import { proveBatch } from '../support/prove-batch.ts';
import { RandomRollup } from '../support/random-batch.ts';
import { BLOB_SHAPE } from '../support/tiny-blob-batch.ts';
import { WITNESS_TIMEOUT } from './random-batches.ts';

/** Where EIP-4844 has its point-evaluation precompile. */
const POINT_EVALUATION = '0x000000000000000000000000000000000000000a';
const VERSION_KZG = 1;
const { hiddenLength } = splitLayout(BLOB_SHAPE);

describe.skipIf(kzg === undefined)('two batches in one blob', () => {
  const rollup = new RandomRollup(3, BLOB_SHAPE.depth);
  const sealed = (['full', 'mixed'] as const).map((kind) => rollup.nextBatch(BLOB_SHAPE, kind));
  const batches = sealed.map(({ batch, l1 }) => blobBatch(batch.d, BLOB_SHAPE, 0, l1.length));
  const blob = encodeBlob(blobCoefficients(batches));
  let commitment: Uint8Array;
  let versionedHash: Uint8Array;
  let z: bigint;
  let openings: BlobOpening[];
  let artifacts: ShapeArtifacts;
  beforeAll(async () => {
    commitment = kzg!.blobToKzgCommitment(blob);
    versionedHash = Uint8Array.from([VERSION_KZG, ...sha256(commitment).slice(1)]);
    z = blobPoint(versionedHash, batches);
    openings = batches.map((batch) => openBatch(batch, z));
    artifacts = await ensureArtifacts(BLOB_SHAPE.name);
  }, WITNESS_TIMEOUT);

  test('each is proven with the statement that L1 makes of it, and with no other', async () => {
    for (const [i, { batch }] of sealed.entries()) {
      const { a, zy, yLo } = openings[i]!;
      const witness = blobWitness(batch.witness, openings[i]!);
      const proof = await proveBatch(artifacts, { ...batch, witness });
      expect(await verifyProof(artifacts.vkey, [a, zy, yLo].map(String), proof)).toBe(true);
      expect(await verifyProof(artifacts.vkey, [batch.c, zy, yLo].map(String), proof)).toBe(false);
    }
  });

  test('the precompile of an EVM takes the value that their values make, and no other', async () => {
    const value = combineValues(
      openings.map(({ y }) => ({ length: hiddenLength, y })),
      z,
    );
    const [proof] = kzg!.computeKzgProof(blob, wordFromInteger(z));
    const l1 = await startLocalL1();
    // The first call makes anvil load the KZG setup, which takes a loaded machine long.
    const request = new FetchRequest(l1.url);
    request.timeout = 150_000;
    const provider = new JsonRpcProvider(request, l1.chainId, { staticNetwork: true });
    const ask = (y: bigint) => {
      const data = concatBytes([versionedHash, wordFromInteger(z), wordFromInteger(y), commitment, proof]);
      return provider.call({ to: POINT_EVALUATION, data: toHex(data) });
    };
    try {
      const answer = concatBytes([wordFromInteger(BigInt(BLOB_ELEMENTS)), wordFromInteger(BLS_FIELD)]);
      expect(await ask(value)).toBe(toHex(answer));
      await expect(ask((value + 1n) % BLS_FIELD)).rejects.toThrow();
    } finally {
      provider.destroy();
      await l1.stop();
    }
  });

  test('who has the blob and what L1 saw has the vectors', () => {
    const coefficients = decodeBlob(blob);
    batches.forEach(({ visible }, i) => {
      const hidden = coefficients.slice(i * hiddenLength, (i + 1) * hiddenLength);
      expect(joinVector({ visible, hidden }, BLOB_SHAPE)).toEqual(sealed[i]!.batch.d);
    });
  });
});
