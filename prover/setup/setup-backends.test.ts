import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../../protocol/field.ts';
import { bn254 } from '../curve.ts';
import { type Group, loadNative, type SetupSecrets } from '../native/addon.ts';
import { buildNative } from '../native/build.mjs';
import { POINT_BYTES, type SetupBackend } from './backend.ts';
import { packScalars } from './little-endian.ts';
import { NativeSetupBackend } from './native-backend.ts';
import { readR1csHeader } from './r1cs-header.ts';
import { compileTestCircuit, TEST_CIRCUITS, type TestCircuitName } from './test-circuits.ts';
import { WasmSetupBackend } from './wasm-backend.ts';

const run = promisify(execFile);
const hasNative = buildNative({ log: () => undefined }) !== undefined;
const names = hasNative ? (['native', 'wasm'] as const) : (['wasm'] as const);
const backends = new Map<string, SetupBackend>();
const r1cs = {} as Record<TestCircuitName, string>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-backends-'));
  const addon = loadNative();
  if (addon !== undefined) backends.set('native', new NativeSetupBackend(addon, 2));
  backends.set('wasm', await WasmSetupBackend.start(2));
  for (const name of TEST_CIRCUITS) r1cs[name] = (await compileTestCircuit(name, folder)).r1cs;
});

afterAll(async () => {
  for (const backend of backends.values()) await backend.close();
  await rm(folder, { recursive: true, force: true });
});

function backendNamed(name: string): SetupBackend {
  const backend = backends.get(name);
  if (backend === undefined) throw new Error(`no backend ${name}`);
  return backend;
}

const EDGES = [0n, 1n, 2n, 3n, 4n, 7n, 8n, 9n, 2n ** 127n, 2n ** 253n, FIELD / 2n, FIELD - 2n, FIELD - 1n];

describe.each(names)('fixed-base multiplication, %s', (name) => {
  // The expected number sets the window's width: narrow, middling, wide.
  it.each([
    [1, 1],
    [1, 3000],
    [1, 200_000],
    [2, 1],
    [2, 3000],
  ] as const)('agrees with double-and-add in G%d, table for %d scalars', async (group, expected) => {
    const curve = await bn254();
    const points = group === 1 ? curve.G1 : curve.G2;
    const table = await backendNamed(name).fixedBase(group, expected);
    const size = POINT_BYTES[group];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.bigInt(0n, FIELD - 1n), { maxLength: 6 }), async (drawn) => {
        const scalars = [...EDGES, ...drawn];
        const results = await table.multiply(packScalars(scalars));
        scalars.forEach((scalar, i) => {
          const want = points.toAffine(points.timesScalar(points.g, scalar));
          expect(Buffer.compare(results.subarray(i * size, (i + 1) * size), want), `scalar ${scalar}`).toBe(
            0,
          );
        });
      }),
      { numRuns: 5 },
    );
  });

  it('takes no scalars, and more than a block of them', async () => {
    const table = await backendNamed(name).fixedBase(1, 100);
    expect(await table.multiply(new Uint8Array())).toHaveLength(0);
    const many = await table.multiply(packScalars(Array.from({ length: 2500 }, (_, i) => BigInt(i % 50))));
    const first = many.subarray(0, 50 * 64);
    for (let i = 0; i < 50; i++) {
      expect(Buffer.compare(many.subarray(i * 50 * 64, (i + 1) * 50 * 64), first)).toBe(0);
    }
  });

  it.each([1, 2] as const)('converts points of G%d for hashing', async (group) => {
    const curve = await bn254();
    const points = group === 1 ? curve.G1 : curve.G2;
    const table = await backendNamed(name).fixedBase(group, 1);
    const some = await table.multiply(packScalars([0n, 1n, 5n]));
    const converted = await backendNamed(name).toBigEndian(group, some);
    const size = POINT_BYTES[group];
    for (const i of [0, 1, 2]) {
      const want = new Uint8Array(size);
      points.toRprUncompressed(want, 0, some.slice(i * size, (i + 1) * size));
      expect(Buffer.compare(converted.subarray(i * size, (i + 1) * size), want)).toBe(0);
    }
  });
});

const [tau, alpha, beta, delta] = [11n, 12n, 13n, FIELD - 14n].map((value) => packScalars([value]));
const SECRETS = { tau, alpha, beta, delta } as SetupSecrets;

describe('polynomials at tau', () => {
  async function evaluate(backend: SetupBackend, circuit: TestCircuitName): Promise<string[]> {
    const path = join(folder, `${circuit}.${backend.name}.coefficients`);
    const file = await open(path, 'w');
    try {
      const layout = await readR1csHeader(r1cs[circuit]);
      const { coefficientBytes, ...scalars } = await backend.evaluateQap(layout, SECRETS, file.fd, 0);
      const coefficients = await readFile(path);
      expect(coefficientBytes).toBe(coefficients.length);
      return Object.entries({ ...scalars, coefficients }).map(
        ([name, bytes]) => `${name} ${Buffer.from(bytes).toString('hex')}`,
      );
    } finally {
      await file.close();
    }
  }

  it.runIf(hasNative).each(TEST_CIRCUITS)('are the same in every backend: %s', async (circuit) => {
    expect(await evaluate(backendNamed('native'), circuit)).toEqual(
      await evaluate(backendNamed('wasm'), circuit),
    );
  });
});

describe('a setup that fails', () => {
  const failed = { kind: 'internal', code: 'setup-failed' };

  it.runIf(hasNative)('in C++, where the file cannot be written', async () => {
    const path = join(folder, 'read-only');
    await writeFile(path, '');
    const file = await open(path, 'r');
    try {
      const layout = await readR1csHeader(r1cs.mixed);
      const work = backendNamed('native').evaluateQap(layout, SECRETS, file.fd, 0);
      await expect(work).rejects.toMatchObject({ ...failed, details: { code: 'io', r1cs: r1cs.mixed } });
    } finally {
      await file.close();
    }
  });

  it('in WASM, where a thread ends', async () => {
    const backend = await WasmSetupBackend.start(1);
    const work = backend.toBigEndian(1, new Uint8Array(POINT_BYTES[1] * 1000));
    const refused = expect(work).rejects.toMatchObject(failed);
    await backend.close();
    await refused;
  });
});

describe.runIf(hasNative)('kernels', () => {
  const script = `
    const { loadNative } = await import(process.argv[1]);
    const addon = loadNative();
    const { createHash } = await import('node:crypto');
    const scalars = new Uint8Array(32 * 300);
    for (let i = 0; i < 300; i++) scalars.set(createHash('sha256').update(String(i)).digest().fill(0, 31), 32 * i);
    const hash = createHash('sha256');
    for (const group of [1, 2]) {
      const points = await addon.multiply(await addon.fixedBase(group, 300), scalars, 2);
      hash.update(points).update(await addon.toBigEndian(group, points));
    }
    console.log(addon.kernel, hash.digest('hex'));`;
  const addonModule = new URL('../native/addon.ts', import.meta.url).href;

  async function points(kernel: string): Promise<string> {
    const env = { ...process.env, MILLRACE_KERNEL: kernel };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, addonModule], {
      env,
    });
    return stdout.trim();
  }

  it('give the same points, and the environment forces one', async () => {
    const best = await points('');
    const [kernel, hash] = best.split(' ');
    expect(['ifma', 'avx2', 'adx', 'portable']).toContain(kernel);
    expect(await points('portable')).toBe(`portable ${hash}`);
    expect(hash).toHaveLength(64);
  });

  it('are refused by an unknown name', async () => {
    await expect(points('abacus')).rejects.toMatchObject({
      stderr: expect.stringContaining('native-kernel'),
    });
  });

  it('refuse a scalar that is not below the order', async () => {
    const table = await backendNamed('native').fixedBase(1 satisfies Group, 1);
    await expect(table.multiply(packScalars([FIELD]))).rejects.toThrow('group order');
  });
});
