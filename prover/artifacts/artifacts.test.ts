import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verificationKeyHash } from '../../protocol/artifact-manifest.ts';
import type { Shape } from '../../protocol/shape.ts';
import type { ArtifactProgress } from './artifact-progress.ts';
import { type Circuit, circuitSourceHash } from './circuit-sources.ts';
import { ensureArtifacts, ensureCircuitArtifacts, ensureExitArtifacts } from './ensure-artifacts.ts';
import { hashFile } from './file-hash.ts';
import { DEV_SETUP, type KeySetup } from './key-setup.ts';
import { loadArtifacts, loadExitArtifacts, type ShapeArtifacts } from './load-artifacts.ts';

const SHAPE: Shape = { name: 'product', n2: 1, n1: 1, m: 1, depth: 8 };
const MAIN = `
  pragma circom 2.1.9;
  // include "commented-out.circom";
  include "product.circom";
  component main { public [x] } = Product();`;
const PRODUCT = `
  pragma circom 2.1.9;
  template Product() { signal input x; signal input y; signal output out; out <== x * y; }`;

let folder: string;
let circuit: Circuit;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-artifacts-'));
  circuit = { name: 'product', main: MAIN, libraries: [join(folder, 'library')] };
  await mkdir(join(folder, 'library'));
  await writeFile(join(folder, 'library', 'product.circom'), PRODUCT);
});
afterAll(() => rm(folder, { recursive: true }));

describe('circuitSourceHash', () => {
  it('follows the text of every included file', async () => {
    const before = await circuitSourceHash(circuit);
    const library = join(folder, 'changed');
    await mkdir(library);
    await writeFile(join(library, 'product.circom'), PRODUCT);
    const elsewhere = { ...circuit, libraries: [library] };
    expect(await circuitSourceHash(elsewhere)).toBe(before);
    await writeFile(join(library, 'product.circom'), PRODUCT.replace('x * y', 'y * y'));
    expect(await circuitSourceHash(elsewhere)).not.toBe(before);
    expect(await circuitSourceHash({ ...circuit, main: MAIN.replace('[x]', '[y]') })).not.toBe(before);
  });

  it('names an include that is nowhere', async () => {
    await expect(circuitSourceHash({ ...circuit, libraries: [] })).rejects.toMatchObject({
      code: 'missing-include',
    });
  });
});

describe('ensureArtifacts', () => {
  it('refuses a shape that does not exist', async () => {
    await expect(ensureArtifacts('huge')).rejects.toMatchObject({ code: 'unknown-shape' });
  });

  it('builds once for several callers, then takes everything from the cache', async () => {
    const root = join(folder, 'cache');
    const setup = countingSetup();
    const stages = new Set<ArtifactProgress['stage']>();
    const onProgress = ({ stage }: ArtifactProgress) => stages.add(stage);
    const [first, second] = await Promise.all([
      ensureCircuitArtifacts(SHAPE, circuit, { root, setup, onProgress }),
      ensureCircuitArtifacts(SHAPE, circuit, { root, setup, onProgress }),
    ]);
    expect(second).toEqual(first);
    expect(setup.count).toBe(1);
    expect([...stages].sort()).toEqual(['compiling', 'key', 'waiting']);
    expect(first.manifest).toMatchObject({ shape: SHAPE, constraints: 1, setup: { kind: 'dev' } });
    expect(first.vkey.nPublic).toBe(2);

    stages.clear();
    expect(await ensureCircuitArtifacts(SHAPE, circuit, { root, setup, onProgress })).toEqual(first);
    expect([...stages]).toEqual([]);

    const other = await ensureCircuitArtifacts(SHAPE, circuit, {
      root,
      setup: { ...setup, identity: 'other' },
      onProgress,
    });
    expect(other.manifestId).not.toBe(first.manifestId);
    // The second key of a circuit does not compile it again.
    expect([...stages]).toEqual(['key']);
    expect((await readdir(root)).filter((name) => /lock|partial/.test(name))).toEqual([]);
  });

  it('makes the exit circuit of a depth beside the shapes, and takes neither for the other', async () => {
    const exit = await ensureExitArtifacts(8);
    expect(exit.manifest).toMatchObject({ exit: { depth: 8 }, setup: { kind: 'dev' } });
    expect(exit.vkey.nPublic).toBe(3);
    expect(await loadExitArtifacts(exit.folder)).toEqual(exit);
    await expect(loadArtifacts(exit.folder)).rejects.toMatchObject({ code: 'no-artifacts' });
    const shape = await ensureCircuitArtifacts(SHAPE, circuit, { root: join(folder, 'shape') });
    await expect(loadExitArtifacts(shape.folder)).rejects.toMatchObject({ code: 'no-artifacts' });
  });

  it('builds damaged artifacts again', async () => {
    const root = join(folder, 'damaged');
    const { manifestId, zkey } = await ensureCircuitArtifacts(SHAPE, circuit, { root });
    await truncate(zkey, 100);
    const again = await ensureCircuitArtifacts(SHAPE, circuit, { root });
    expect(again.zkey).toBe(zkey);
    expect(again.manifestId).not.toBe(manifestId);
  });

  it('leaves nothing that could be taken for artifacts when the setup fails', async () => {
    const root = join(folder, 'failed');
    const makeKey = () => Promise.reject(new Error('no entropy'));
    const setup = { identity: 'failing', makeKey };
    await expect(ensureCircuitArtifacts(SHAPE, circuit, { root, setup })).rejects.toThrow('no entropy');
    const stages = new Set<ArtifactProgress['stage']>();
    await ensureCircuitArtifacts(SHAPE, circuit, { root, onProgress: ({ stage }) => stages.add(stage) });
    expect([...stages]).toEqual(['key']);
  });

  it("hands on circom's own words about a circuit that does not compile", async () => {
    const broken = { ...circuit, main: MAIN.replace('Product()', 'Quotient()') };
    await expect(
      ensureCircuitArtifacts(SHAPE, broken, { root: join(folder, 'broken') }),
    ).rejects.toMatchObject({
      code: 'circuit-does-not-compile',
      details: { output: expect.stringContaining('Quotient') },
    });
  });
});

describe('loadArtifacts', () => {
  let whole: ShapeArtifacts;
  beforeAll(async () => {
    whole = await ensureCircuitArtifacts(SHAPE, circuit, { root: join(folder, 'whole') });
  });

  /** A copy of the whole artifacts in a folder of its own. */
  async function copyOf(name: string): Promise<string> {
    const copy = join(folder, name);
    await mkdir(copy);
    for (const file of await readdir(whole.folder))
      await copyFile(join(whole.folder, file), join(copy, file));
    return copy;
  }

  it('accepts a copy in another place', async () => {
    expect((await loadArtifacts(await copyOf('copy'))).manifestId).toBe(whole.manifestId);
  });

  it.each(['circuit.r1cs', 'circuit.wasm', 'circuit.sym', 'circuit.zkey', 'vkey.json'])(
    'refuses when one bit of %s is another',
    async (name) => {
      const copy = await copyOf(`bit-${name}`);
      const file = join(copy, name);
      await loadArtifacts(copy);
      const bytes = await readFile(file);
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(file, bytes);
      // A file system with coarse times must not hide the change here.
      await utimes(file, 1, 1);
      await expect(loadArtifacts(copy)).rejects.toMatchObject({
        kind: 'refused',
        code: 'corrupt-artifact',
        details: { file },
      });
    },
  );

  it('refuses when a file is missing, shorter, or the manifest is no JSON', async () => {
    const copy = await copyOf('missing');
    await rm(join(copy, 'circuit.sym'));
    await expect(loadArtifacts(copy)).rejects.toMatchObject({ details: { problem: 'missing' } });
    const shorter = await copyOf('shorter');
    await truncate(join(shorter, 'circuit.wasm'), 10);
    await expect(loadArtifacts(shorter)).rejects.toMatchObject({ details: { found: '10 bytes' } });
    const notJson = await copyOf('not-json');
    await truncate(join(notJson, 'manifest.json'), 10);
    await expect(loadArtifacts(notJson)).rejects.toMatchObject({ code: 'corrupt-artifact' });
  });

  it('refuses a key with which anyone can forge proofs, though the manifest names it', async () => {
    const copy = await copyOf('forgeable');
    const vkeyFile = join(copy, 'vkey.json');
    const vkey = { ...whole.vkey, vk_gamma_2: whole.vkey.vk_delta_2 };
    await writeFile(vkeyFile, JSON.stringify(vkey));
    const files = { ...whole.manifest.files, vkey: await hashFile(vkeyFile) };
    const manifest = { ...whole.manifest, files, verificationKeyHash: verificationKeyHash(vkey) };
    await writeFile(join(copy, 'manifest.json'), JSON.stringify(manifest));
    await expect(loadArtifacts(copy)).rejects.toMatchObject({ kind: 'refused', code: 'forgeable-key' });
  });

  it('says what to do where there is nothing', async () => {
    await expect(loadArtifacts(join(folder, 'nowhere'))).rejects.toMatchObject({
      kind: 'input',
      code: 'no-artifacts',
    });
  });

  it('keeps large files once', async () => {
    expect((await stat(whole.r1cs)).nlink).toBe(2);
  });
});

function countingSetup(): KeySetup & { readonly count: number } {
  let count = 0;
  return {
    identity: 'counting',
    makeKey(job) {
      count++;
      return DEV_SETUP.makeKey(job);
    },
    get count() {
      return count;
    },
  };
}
