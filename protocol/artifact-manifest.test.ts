import { describe, expect, it } from 'vitest';
import {
  type ArtifactManifest,
  manifestId,
  parseArtifactManifest,
  parseExitManifest,
  verificationKeyHash,
} from './artifact-manifest.ts';

const HASH = 'ab'.repeat(32);
const FILE = { sha256: HASH, bytes: 10 };

const MANIFEST: ArtifactManifest = {
  version: 1,
  shape: { name: 'tiny', n2: 2, n1: 2, m: 4, depth: 8 },
  circom: { version: 'circom2 0.2.23', flags: ['--O2'] },
  sourceHash: HASH,
  files: { r1cs: FILE, wasm: FILE, sym: FILE, zkey: FILE, vkey: FILE },
  constraints: 20_000,
  domainPower: 15,
  setup: { kind: 'dev', backend: 'native', createdAt: '2024-01-02T03:04:05.678Z' },
  verificationKeyHash: HASH,
};

describe('parseArtifactManifest', () => {
  it('accepts what it wrote', () => {
    expect(parseArtifactManifest(JSON.parse(JSON.stringify(MANIFEST)))).toEqual(MANIFEST);
  });

  it('has a form of its own for the exit circuit', () => {
    const { shape, ...fields } = MANIFEST;
    const exit = { ...fields, exit: { depth: shape.depth } };
    expect(parseExitManifest(JSON.parse(JSON.stringify(exit)))).toEqual(exit);
    expect(manifestId(exit)).not.toBe(manifestId({ ...exit, exit: { depth: 11 } }));
    for (const wrong of [MANIFEST, { ...exit, shape }, { ...exit, exit: { depth: 33 } }]) {
      expect(() => parseExitManifest(wrong)).toThrow(expect.objectContaining({ code: 'bad-manifest' }));
    }
    expect(() => parseArtifactManifest(exit)).toThrow(expect.objectContaining({ code: 'bad-manifest' }));
  });

  it.each<[field: string, change: object]>([
    ['version', { version: 2 }],
    ['shape.name', { shape: { ...MANIFEST.shape, name: '../tiny' } }],
    ['shape.m', { shape: { ...MANIFEST.shape, m: 0 } }],
    ['sourceHash', { sourceHash: HASH.toUpperCase() }],
    ['files.zkey.sha256', { files: { ...MANIFEST.files, zkey: { sha256: 'ab', bytes: 1 } } }],
    ['files.wasm', { files: { ...MANIFEST.files, wasm: undefined } }],
    ['files', { files: { ...MANIFEST.files, more: FILE } }],
    ['constraints', { constraints: 1.5 }],
    ['setup.kind', { setup: { ...MANIFEST.setup, kind: 'none' } }],
    ['setup.ptauSha256', { setup: { ...MANIFEST.setup, kind: 'ptau', backend: 'snarkjs' } }],
    ['', { more: 1 }],
  ])('refuses a wrong %s', (field, change) => {
    expect(() => parseArtifactManifest({ ...MANIFEST, ...change })).toThrow(
      expect.objectContaining({ code: 'bad-manifest', details: expect.objectContaining({ field }) }),
    );
  });
});

describe('manifestId', () => {
  it('does not depend on the order of the fields', () => {
    const reordered = Object.fromEntries(Object.entries(MANIFEST).reverse());
    expect(manifestId(parseArtifactManifest(reordered))).toBe(manifestId(MANIFEST));
  });

  it('differs when any file differs', () => {
    const other = { ...MANIFEST, files: { ...MANIFEST.files, zkey: { ...FILE, sha256: 'cd'.repeat(32) } } };
    expect(manifestId(other)).not.toBe(manifestId(MANIFEST));
  });

  it('stays as it is from version to version', () => {
    expect(manifestId(MANIFEST)).toMatchInlineSnapshot(
      `"424f65d1194ef4d1c134a8f6455b5b02613c2ab1fc7c7f5e98036cc4b7399a56"`,
    );
  });
});

describe('verificationKeyHash', () => {
  const key = {
    vk_alpha_1: ['1', '2', '1'],
    vk_beta_2: [['1', '2']],
    vk_gamma_2: [['3', '4']],
    vk_delta_2: [['5', '6']],
    IC: [['7', '8', '1']],
  };

  it('depends on the key alone', () => {
    expect(verificationKeyHash({ ...key, ...{ vk_alphabeta_12: [] } })).toBe(verificationKeyHash(key));
    expect(verificationKeyHash({ ...key, vk_delta_2: key.vk_gamma_2 })).not.toBe(verificationKeyHash(key));
  });
});
