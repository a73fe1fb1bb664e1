import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD } from '../../protocol/field.ts';
import { toLittleEndian, uint32 } from '../setup/little-endian.ts';
import { readZkeyFile, type ZkeyFile } from '../setup/zkey-file.ts';
import { BASE_FIELD, ZKEY } from '../setup/zkey-sections.ts';
import { loadNative } from './addon.ts';
import { buildNative } from './build.mjs';
import { NativeProver, type ProofStage } from './native-prover.ts';
import { makeTestCircuit, type TestCircuit, wtnsFile } from './test-circuit.ts';

const run = promisify(execFile);
const hasNative = buildNative({ log: () => undefined }) !== undefined;

describe.runIf(hasNative)('the native prover', () => {
  const addon = loadNative()!;
  let folder: string;
  let small: TestCircuit;
  let large: TestCircuit;
  let key: Buffer;
  let wtns: Buffer;
  let frame: ZkeyFile;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-prover-'));
    small = await makeTestCircuit(folder, 'small', { publicWires: 3, privateWires: 40 });
    large = await makeTestCircuit(folder, 'large', { publicWires: 2, privateWires: 20_000 });
    key = await readFile(small.zkey);
    wtns = await readFile(small.wtns);
    frame = await readZkeyFile(small.zkey);
  });

  afterAll(async () => {
    const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
    await curve?.terminate();
    await rm(folder, { recursive: true });
  });

  async function open(bytes: Uint8Array): Promise<NativeProver> {
    const path = join(folder, 'altered.zkey');
    await writeFile(path, bytes);
    return NativeProver.open(addon, path, 2);
  }

  function altered(whole: Buffer, at: number, bytes: Uint8Array): Buffer {
    const copy = Buffer.from(whole);
    copy.set(bytes, at);
    return copy;
  }

  const offset = (section: number): number => frame.sections.get(section)!.offset;

  describe('with a key from outside', () => {
    it('refuses one that is cut anywhere', async () => {
      for (let length = 0; length < key.length; length += 211) {
        await expect(open(key.subarray(0, length))).rejects.toMatchObject({ code: 'bad-zkey' });
      }
      await expect(open(key.subarray(0, -1))).rejects.toMatchObject({ code: 'bad-zkey' });
      await expect(open(Buffer.concat([key, Buffer.alloc(1)]))).rejects.toMatchObject({ code: 'bad-zkey' });
    });

    const header = {
      q: 4,
      r: 40,
      wires: 72,
      publicWires: 76,
      domain: 80,
      alpha1: 84,
      beta2: 212,
      gamma2: 340,
      delta2: 532,
    };
    it.each<[string, () => Buffer]>([
      ['another version', () => altered(key, 4, uint32(2))],
      ['sections without end', () => altered(key, 8, uint32(0xffffffff))],
      ['a section of 2^64 - 1 bytes', () => altered(key, offset(ZKEY.a) - 8, Buffer.alloc(8, 0xff))],
      ['another protocol', () => altered(key, offset(ZKEY.protocol), uint32(2))],
      ['another curve', () => altered(key, offset(ZKEY.header) + header.q, uint32(1))],
      ['another scalar field', () => altered(key, offset(ZKEY.header) + header.r, uint32(1))],
      ['wires without end', () => altered(key, offset(ZKEY.header) + header.wires, uint32(0xffffffff))],
      ['no wires', () => altered(key, offset(ZKEY.header) + header.wires, uint32(0))],
      [
        'more public signals than wires',
        () => altered(key, offset(ZKEY.header) + header.publicWires, uint32(44)),
      ],
      ['a domain of 0', () => altered(key, offset(ZKEY.header) + header.domain, uint32(0))],
      ['a domain of 63', () => altered(key, offset(ZKEY.header) + header.domain, uint32(63))],
      ['a domain of 2^31', () => altered(key, offset(ZKEY.header) + header.domain, uint32(2 ** 31))],
      ['a coordinate that is q', () => altered(key, offset(ZKEY.a), toLittleEndian(BASE_FIELD, 32))],
      ['alpha off the curve', () => altered(key, offset(ZKEY.header) + header.alpha1, uint32(1))],
      ['a point of A off the curve', () => altered(key, offset(ZKEY.a) + 64, uint32(1))],
      ['a point of B off the twist', () => altered(key, offset(ZKEY.b2) + 5 * 128 + 96, uint32(1))],
      ['a point of L off the curve', () => altered(key, offset(ZKEY.l), uint32(1))],
      ['a point of H off the curve', () => altered(key, offset(ZKEY.h) + 63 * 64, uint32(1))],
      ['coefficients without end', () => altered(key, offset(ZKEY.coefficients), uint32(0xffffffff))],
      ['a third matrix', () => altered(key, offset(ZKEY.coefficients) + 4, uint32(2))],
      ['a row that does not exist', () => altered(key, offset(ZKEY.coefficients) + 8, uint32(64))],
      ['a wire that does not exist', () => altered(key, offset(ZKEY.coefficients) + 12, uint32(44))],
      [
        'a coefficient that is r',
        () => altered(key, offset(ZKEY.coefficients) + 16, toLittleEndian(FIELD, 32)),
      ],
    ])('refuses one with %s', async (_, bytes) => {
      await expect(open(bytes())).rejects.toMatchObject({
        name: 'MillraceError',
        kind: 'input',
        code: 'bad-zkey',
      });
    });

    it.each([
      ['gamma', 'delta'],
      ['gamma', 'beta'],
      ['delta', 'beta'],
    ] as const)('refuses one that lets anyone forge: %s equals %s', async (one, other) => {
      const points = { beta: header.beta2, gamma: header.gamma2, delta: header.delta2 };
      const at = offset(ZKEY.header);
      const copied = key.subarray(at + points[other], at + points[other] + 128);
      await expect(open(altered(key, at + points[one], copied))).rejects.toMatchObject({
        kind: 'refused',
        code: 'forgeable-key',
      });
    });

    it('refuses or survives any altered byte', async () => {
      const position = fc.nat(key.length - 1);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(position, fc.nat(255)), { minLength: 1, maxLength: 3 }),
          async (changes) => {
            const bytes = Buffer.from(key);
            for (const [at, value] of changes) bytes[at] = value;
            await opensOrRefuses(bytes, wtns);
          },
        ),
        { numRuns: 200 },
      );
    });

    it('takes coefficients in any order', async () => {
      const record = 44;
      const start = offset(ZKEY.coefficients) + 4;
      const shuffled = Buffer.from(key);
      for (let i = 0; i < frame.coefficients; i++) {
        const from = start + ((i * 7) % frame.coefficients) * record;
        key.copy(shuffled, start + i * record, from, from + record);
      }
      expect(frame.coefficients % 7).not.toBe(0);
      const prover = await open(shuffled);
      const { proof, publicSignals } = await prover.prove(wtns);
      prover.close();
      expect(await groth16.verify(small.vkey, publicSignals, proof)).toBe(true);
    });
  });

  /** Whatever the bytes, the only failures are ours. */
  async function opensOrRefuses(zkey: Uint8Array, witness: Uint8Array): Promise<void> {
    let prover: NativeProver | undefined;
    try {
      prover = await open(zkey);
      await prover.prove(witness);
    } catch (error) {
      expect(error).toBeInstanceOf(MillraceError);
      expect(['input', 'refused']).toContain((error as MillraceError).kind);
    } finally {
      prover?.close();
    }
  }

  describe('with a witness from outside', () => {
    const refused = async (bytes: Uint8Array): Promise<void> => {
      const prover = await NativeProver.open(addon, small.zkey, 2);
      try {
        await expect(prover.prove(bytes)).rejects.toMatchObject({ kind: 'input', code: 'bad-witness-file' });
      } finally {
        prover.close();
      }
    };
    const VALUES = 12 + 12 + 40 + 12;

    it.each<[string, () => Uint8Array]>([
      ['no bytes', () => new Uint8Array()],
      ['another magic', () => altered(wtns, 0, Buffer.from('wtnz'))],
      ['another version', () => altered(wtns, 4, uint32(1))],
      ['another field', () => altered(wtns, 28, uint32(2))],
      ['values of another size', () => altered(wtns, 24, uint32(48))],
      ['a count that lies', () => altered(wtns, 60, uint32(43))],
      ['a count without end', () => altered(wtns, 60, uint32(0xffffffff))],
      ['a first value that is not 1', () => altered(wtns, VALUES, uint32(2))],
      ['a value that is r', () => altered(wtns, VALUES + 32 * 43, toLittleEndian(FIELD, 32))],
      ['a value of all ones', () => altered(wtns, VALUES + 32, Buffer.alloc(32, 0xff))],
      ['bytes behind it', () => Buffer.concat([wtns, Buffer.alloc(1)])],
    ])('refuses %s', async (_, bytes) => refused(bytes()));

    it('refuses one that is cut anywhere', async () => {
      for (let length = 0; length < wtns.length; length += 53) await refused(wtns.subarray(0, length));
    });

    it('refuses one of another circuit', async () => {
      const prover = await NativeProver.open(addon, small.zkey, 2);
      await expect(prover.prove(wtnsFile([1n, 5n]))).rejects.toMatchObject({ code: 'witness-mismatch' });
      prover.close();
    });
  });

  it('reports its stages in order, with steps of each', async () => {
    const prover = await NativeProver.open(addon, large.zkey, 2);
    const stages: ProofStage[] = [];
    const last = new Map<ProofStage, number>();
    await prover.prove(await readFile(large.wtns), {
      onProgress: ({ stage, done, total }) => {
        if (stages.at(-1) !== stage) stages.push(stage);
        last.set(stage, Math.max(last.get(stage) ?? 0, done / total));
      },
    });
    prover.close();
    expect(stages).toEqual(['witness', 'quotient', 'points']);
    expect([last.get('witness'), last.get('quotient')]).toEqual([1, 1]);
    expect(last.get('points')).toBeGreaterThan(0.5);
  });

  it('gives a proof up when asked to, and makes the next one', async () => {
    const prover = await NativeProver.open(addon, large.zkey, 2);
    const witness = await readFile(large.wtns);
    const cancelled = { kind: 'refused', code: 'prover-cancelled' };
    await expect(prover.prove(witness, { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);
    const control = new AbortController();
    const given = prover.prove(witness, {
      signal: control.signal,
      onProgress: ({ stage }) => {
        if (stage === 'quotient') control.abort();
      },
    });
    await expect(given).rejects.toMatchObject(cancelled);
    const { proof, publicSignals } = await prover.prove(witness);
    expect(await groth16.verify(large.vkey, publicSignals, proof)).toBe(true);
    prover.close();
  });

  it('ends the proof in work when it is closed meanwhile, and takes no more', async () => {
    const prover = await NativeProver.open(addon, large.zkey, 2);
    const proving = prover.prove(await readFile(large.wtns));
    prover.close();
    const { proof, publicSignals } = await proving;
    expect(await groth16.verify(large.vkey, publicSignals, proof)).toBe(true);
    await expect(prover.prove(wtns)).rejects.toThrow('closed');
  });

  /** Runs a module in a process of its own, because a kernel is chosen once for each process. */
  async function inOwnProcess(script: string, kernel = '', ...args: string[]): Promise<string> {
    const modules = `const { loadNative } = await import(${JSON.stringify(new URL('./addon.ts', import.meta.url).href)});
      const { NativeProver } = await import(${JSON.stringify(new URL('./native-prover.ts', import.meta.url).href)});
      const { readFile } = await import('node:fs/promises');
      const [zkey, wtns] = process.argv.slice(1);
      const addon = loadNative();
      const prover = await NativeProver.open(addon, zkey, 2);
      const witness = await readFile(wtns);`;
    const { stdout } = await run(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', modules + script, ...args],
      { env: { ...process.env, MILLRACE_KERNEL: kernel }, maxBuffer: 1 << 24 },
    );
    return stdout;
  }

  it.each(['', 'ifma', 'avx2', 'adx', 'portable'])(
    'makes good proofs with the kernel "%s"',
    async (kernel) => {
      const script =
        'console.log(JSON.stringify({ kernel: addon.kernel, ...(await prover.prove(witness)) }));';
      for (const { zkey, wtns: witness, vkey } of [small, large]) {
        let made: { kernel: string; proof: unknown; publicSignals: string[] };
        try {
          made = JSON.parse(await inOwnProcess(script, kernel, zkey, witness));
        } catch (error) {
          // Not every processor has every kernel, but each has one.
          expect(kernel).toMatch(/^(ifma|avx2|adx)$/);
          expect(error).toMatchObject({ stderr: expect.stringContaining('native-kernel') });
          return;
        }
        if (kernel !== '') expect(made.kernel).toBe(kernel);
        expect(await groth16.verify(vkey, made.publicSignals, made.proof)).toBe(true);
      }
    },
  );

  // What leaks grows in every window; what Node's heap takes once does not. So the least growth counts.
  it('keeps no memory from proof to proof', async () => {
    const script = `
      const memory = async (proofs) => {
        for (let i = 0; i < proofs; i++) await prover.prove(witness);
        gc();
        return process.memoryUsage.rss();
      };
      const readings = [await memory(40)];
      for (let window = 0; window < 4; window++) readings.push(await memory(50));
      console.log(Math.min(...readings.slice(1).map((reading, i) => reading - readings[i])));`;
    const grown = Number(await inOwnProcess(script, '', small.zkey, small.wtns));
    expect(grown).toBeLessThan(1 << 20);
  });
});
