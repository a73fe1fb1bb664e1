import { Contract, type JsonRpcProvider, Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { l1Provider } from '../aggregator/l1-connection.ts';
import { RollupContract } from '../aggregator/rollup-contract.ts';
import { verifyingKeyHash } from '../aggregator/verifying-key.ts';
import { parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { BLOB_SHAPES, SHAPES } from '../protocol/shape.ts';
import { genesisRoot } from '../protocol/state.ts';
import { type DeployOptions, deployRollup } from './deploy.ts';
import { type LocalL1, startLocalL1 } from './local-l1.ts';
import { type TrapdoorKey, trapdoorKey } from './trapdoor-key.ts';

const SEPOLIA = 11_155_111;

let l1: LocalL1;
let provider: JsonRpcProvider;
let key: TrapdoorKey;
let exitKey: TrapdoorKey;

beforeAll(async () => {
  [l1, key, exitKey] = await Promise.all([startLocalL1(), trapdoorKey(7), trapdoorKey(6)]);
  provider = l1Provider(l1.url, l1.chainId);
});

afterAll(async () => {
  provider.destroy();
  await l1.stop();
});

function options(change: Partial<DeployOptions> = {}): DeployOptions {
  const shape = { shape: SHAPES.tiny, verificationKey: key.verificationKey, manifestId: 'm', devKeys: true };
  return {
    operator: new Wallet(l1.privateKeys[0]!, provider),
    shapes: [shape],
    tokens: [],
    exit: { verificationKey: exitKey.verificationKey, manifestId: 'e', devKeys: true },
    l1Deadline: 3600,
    proofDeadline: 1800,
    ...change,
  };
}

test('a deployment is what its manifest says', async () => {
  const other = await trapdoorKey(8);
  const shapes = [
    ...options().shapes,
    { shape: SHAPES.tiny, verificationKey: other.verificationKey, manifestId: 'n', devKeys: true },
  ];
  const manifest = await deployRollup(options({ shapes }));
  expect(parseDeployManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  expect(manifest).toMatchObject({
    chainId: 31337,
    depth: 8,
    devKeys: true,
    l1Deadline: 3600,
    proofDeadline: 1800,
  });
  expect(manifest.compiler.version).toMatch(/^0\.8\.37\+/);
  expect(manifest.transactions.map(({ purpose }) => purpose)).toEqual([
    'verifier tiny',
    'verifier tiny',
    'verifier of exits',
    'rollup',
  ]);

  const rollup = new RollupContract(provider, manifest);
  await rollup.assertDeployment(manifest);
  expect((await rollup.state()).finalizedRoot).toBe(genesisRoot(8));
  expect(await rollup.verifierKeyHash(0)).toBe(verifyingKeyHash(key.verificationKey));
  expect(await rollup.verifierKeyHash(1)).toBe(manifest.shapes[1]!.vkHash);
  expect(manifest.exit.vkHash).toBe(verifyingKeyHash(exitKey.verificationKey));
  expect(manifest.shapes[0]!.vkHash).not.toBe(manifest.shapes[1]!.vkHash);

  const moved = {
    ...manifest,
    rollup: manifest.shapes[0]!.verifier.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
  };
  const elsewhere = new RollupContract(provider, moved);
  await expect(elsewhere.assertDeployment(moved)).rejects.toMatchObject({ code: 'wrong-deployment' });
});

test('a key that lets anyone forge is refused by the verifier, with its reason', async () => {
  const { verificationKey } = key;
  const forgeable = { ...verificationKey, vk_gamma_2: verificationKey.vk_delta_2 };
  const shapes = [{ shape: SHAPES.tiny, verificationKey: forgeable, manifestId: 'm', devKeys: true }];
  await expect(deployRollup(options({ shapes }))).rejects.toMatchObject({
    code: 'l1-forgeable-key',
    kind: 'refused',
  });
});

test('a key of another circuit and shapes of two depths are refused', async () => {
  const { verificationKey } = key;
  const short = { ...verificationKey, nPublic: 2, IC: verificationKey.IC.slice(0, 3) };
  const [shape] = options().shapes as [DeployOptions['shapes'][number]];
  await expect(
    deployRollup(options({ shapes: [{ ...shape, verificationKey: short }] })),
  ).rejects.toMatchObject({
    code: 'wrong-public-inputs',
  });
  await expect(
    deployRollup(options({ shapes: [shape, { ...shape, shape: SHAPES.demo }] })),
  ).rejects.toMatchObject({
    code: 'mixed-depths',
  });
  await expect(deployRollup(options({ shapes: [] }))).rejects.toMatchObject({ code: 'mixed-depths' });
});

test('a shape for batches in blobs is deployed as one', async () => {
  const [shape] = options().shapes;
  const manifest = await deployRollup(options({ shapes: [{ ...shape!, shape: BLOB_SHAPES.tiny }] }));
  expect(manifest.shapes[0]).toMatchObject({ name: BLOB_SHAPES.tiny.name, blob: true });
  const abi = contractArtifact('Millrace').interface;
  const onL1 = await new Contract(manifest.rollup, abi, provider).getFunction('shapes').staticCall(0);
  expect(onL1.blob).toBe(true);
});

test('dev keys stay on local chains unless that is asked for', async () => {
  const sepolia = await startLocalL1({ chainId: SEPOLIA });
  const remote = l1Provider(sepolia.url, SEPOLIA);
  try {
    const operator = new Wallet(sepolia.privateKeys[0]!, remote);
    await expect(deployRollup(options({ operator }))).rejects.toMatchObject({
      code: 'dev-keys',
      kind: 'refused',
    });
    expect(await remote.getTransactionCount(operator.address)).toBe(0);
    const manifest = await deployRollup(options({ operator, allowDevKeys: true }));
    expect(manifest).toMatchObject({ chainId: SEPOLIA, devKeys: true });
  } finally {
    remote.destroy();
    await sepolia.stop();
  }
});
