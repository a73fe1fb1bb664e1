import { expect, test } from 'vitest';
import { type DeployManifest, ETH_ADDRESS, parseDeployManifest } from './deploy-manifest.ts';
import { domain } from './domain.ts';

const ROLLUP = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const HASH = `0x${'ab'.repeat(32)}`;

function manifest(change: Partial<DeployManifest> = {}): unknown {
  return {
    format: 'millrace-deployment-1',
    chainId: 31337,
    rollup: ROLLUP,
    block: 4,
    domain: String(domain(31337n, ROLLUP)),
    operator: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    depth: 8,
    genesisRoot: '1',
    l1Deadline: 86_400,
    proofDeadline: 86_400,
    exit: { verifier: ROLLUP, vkHash: HASH, manifestId: 'exit-1' },
    tokens: [{ id: 1, symbol: 'ETH', address: ETH_ADDRESS, decimals: 18, unitExponent: 9 }],
    shapes: [
      { name: 'tiny', shapeId: 0, n2: 2, n1: 2, m: 4, verifier: ROLLUP, vkHash: HASH, manifestId: 'tiny-1' },
    ],
    transactions: [{ purpose: 'rollup', hash: HASH }],
    compiler: { version: '0.8.37', settings: {} },
    devKeys: true,
    ...change,
  } satisfies DeployManifest;
}

test('a manifest is read as it was written', () => {
  expect(parseDeployManifest(JSON.parse(JSON.stringify(manifest())))).toEqual(manifest());
});

const eth = { id: 1, symbol: 'ETH', address: ETH_ADDRESS, decimals: 18, unitExponent: 9 };
const tiny = {
  name: 'tiny',
  shapeId: 1,
  n2: 2,
  n1: 2,
  m: 4,
  verifier: ROLLUP,
  vkHash: HASH,
  manifestId: 'x',
};

test.each<[string, unknown]>([
  ['format', manifest({ format: 'other' as 'millrace-deployment-1' })],
  ['rollup', manifest({ rollup: '0x12' })],
  ['domain', manifest({ chainId: 1 })],
  ['domain', manifest({ domain: '7' })],
  ['shapes.0.shapeId', manifest({ shapes: [tiny] })],
  ['shapes', manifest({ shapes: [] })],
  ['tokens', manifest({ tokens: [eth, { ...eth, address: ROLLUP }] })],
  ['tokens', manifest({ tokens: [eth, { ...eth, id: 2 }] })],
  ['', { ...(manifest() as object), extra: 1 }],
  ['', null],
])('a wrong %s is named', (field, value) => {
  expect(() => parseDeployManifest(value)).toThrow(
    expect.objectContaining({ code: 'bad-deployment', details: expect.objectContaining({ field }) }),
  );
});
