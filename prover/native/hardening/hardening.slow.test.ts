import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toLittleEndian, uint32 } from '../../setup/little-endian.ts';
import { loadNative } from '../addon.ts';
import { buildNative, compilations } from '../build.mjs';
import { NativeProver, proofOutput } from '../native-prover.ts';
import { makeTestCircuit, type TestCircuit } from '../test-circuit.ts';
import { buildProgram, has, type Program } from './programs.ts';

const run = promisify(execFile);
const hasNative = buildNative({ log: () => undefined }) !== undefined;
/** Of each fuzzer. */
const FUZZING_SECONDS = 60;
const MEMORY_LIMIT_MB = 4096;
const AVX2_HERE = process.arch === 'x64' && /\bavx2\b/.test(await readFile('/proc/cpuinfo', 'utf8'));

describe.runIf(hasNative)('the native prover under tools that look for its faults', () => {
  let folder: string;
  let tiny: TestCircuit;
  let larger: TestCircuit;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-hardening-'));
    tiny = await makeTestCircuit(folder, 'tiny', { publicWires: 1, privateWires: 8 });
    larger = await makeTestCircuit(folder, 'larger', { publicWires: 2, privateWires: 1000 });
  });

  afterAll(async () => {
    const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } | null };
    await curve?.terminate();
    await rm(folder, { recursive: true });
  });

  describe.each([
    ['g++', process.arch],
    ['clang++', process.arch],
    ['aarch64-linux-gnu-g++', 'arm64'],
  ])('%s', (compiler, architecture) => {
    const units = compilations(architecture).map(({ source, args }) => ({
      name: basename(source),
      source,
      args,
    }));
    it.runIf(has(compiler)).each(units)('compiles $name without a warning', async ({ source, args }) => {
      const { stderr } = await run(compiler, [...args, '-Werror', '-c', source, '-o', '/dev/null']);
      expect(stderr).toBe('');
    });
  });

  it.runIf(has('aarch64-linux-gnu-g++') && has('qemu-aarch64'))('makes good proofs on arm64', async () => {
    const options = { compiler: 'aarch64-linux-gnu-g++', flags: ['-O2', '-static'], avx2: false };
    const program = await buildProgram('concurrent_proofs', folder, options);
    await expectGoodProof(['qemu-aarch64', program], tiny);
  });

  describe.runIf(has('clang++'))('with the thread sanitizer', () => {
    it.each(['portable', ...(AVX2_HERE ? ['avx2'] : [])])(
      'has no race with the kernel "%s"',
      async (kernel) => {
        const options = { compiler: 'clang++', flags: ['-O1', '-fsanitize=thread'], avx2: AVX2_HERE };
        const program = await buildProgram('concurrent_proofs', folder, options);
        await expectGoodProof([program], larger, {
          MILLRACE_KERNEL: kernel,
          TSAN_OPTIONS: 'halt_on_error=1',
        });
      },
    );
  });

  /** Runs `concurrent_proofs`, which prints a proof and its public signals, on the circuit. */
  async function expectGoodProof(
    [command, ...before]: readonly [string, ...string[]],
    { zkey, wtns, vkey }: TestCircuit,
    env: NodeJS.ProcessEnv = {},
  ): Promise<void> {
    const { stdout, stderr } = await run(command, [...before, zkey, wtns, '2'], {
      env: { ...process.env, ...env },
    });
    expect(stderr).toBe('');
    const [proof = '', publicSignals = ''] = stdout.split('\n');
    const made = proofOutput({
      proof: Buffer.from(proof, 'hex'),
      publicSignals: Buffer.from(publicSignals, 'hex'),
    });
    expect(await groth16.verify(vkey, made.publicSignals, made.proof)).toBe(true);
  }

  describe.runIf(has('clang++'))('with a fuzzer, the address and the undefined-behaviour sanitizer', () => {
    const flags = ['-O1', '-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all'];
    const numbers = (...values: readonly bigint[]) =>
      Buffer.concat(values.map((value) => toLittleEndian(value, 32)));
    const seeds: Record<Exclude<Program, 'concurrent_proofs'>, () => Promise<Buffer[]>> = {
      prover_fuzzer: async () => {
        const [key, wtns] = [await readFile(tiny.zkey), await readFile(tiny.wtns)];
        return [Buffer.concat([uint32(key.length), key, wtns])];
      },
      // One constraint of one term in each of A, B and C.
      setup_fuzzer: async () => {
        const terms = [1, 2, 3].map((wire) => Buffer.concat([uint32(1, wire), numbers(1n)]));
        return [Buffer.concat([Buffer.from([5, 1, 1, 2]), ...terms])];
      },
      verifier_fuzzer: async () => {
        const prover = await NativeProver.open(loadNative()!, tiny.zkey, 1);
        const { proof, publicSignals } = await prover.prove(await readFile(tiny.wtns));
        prover.close();
        const key = tiny.vkey as Record<string, readonly (string | readonly string[])[]>;
        const g1 = (point: readonly unknown[]) => point.slice(0, 2).map((x) => BigInt(x as string));
        const g2 = (point: readonly unknown[]) => point.slice(0, 2).flatMap((x) => g1(x as string[]));
        const keyNumbers = [
          ...g1(key.vk_alpha_1!),
          ...['vk_beta_2', 'vk_gamma_2', 'vk_delta_2'].flatMap((name) => g2(key[name]!)),
          ...key.IC!.flatMap((point) => g1(point as readonly string[])),
        ];
        const claim = [...g1(proof.pi_a), ...g2(proof.pi_b), ...g1(proof.pi_c), ...publicSignals.map(BigInt)];
        const head = Buffer.from([keyNumbers.length / 2, claim.length - 1]);
        return [Buffer.concat([head, numbers(...keyNumbers, ...claim, ...claim)])];
      },
    };

    it.each(Object.keys(seeds) as (keyof typeof seeds)[])('finds nothing: %s', async (name) => {
      const program = await buildProgram(name, folder, { compiler: 'clang++', flags, avx2: false });
      const corpus = join(folder, `${name}-corpus`);
      await mkdir(corpus);
      for (const [i, seed] of (await seeds[name]()).entries())
        await writeFile(join(corpus, `seed-${i}`), seed);
      const options = [
        `-max_total_time=${FUZZING_SECONDS}`,
        `-rss_limit_mb=${MEMORY_LIMIT_MB}`,
        '-max_len=65536',
      ];
      // A fuzzer that finds something exits with an error, prints it and leaves the input in the folder.
      const { stderr } = await run(program, [...options, `-artifact_prefix=${folder}/`, corpus], {
        maxBuffer: 1 << 26,
      });
      expect(stderr).toMatch(/Done \d+ runs/);
      expect((await readdir(corpus)).length).toBeGreaterThan(1);
    });
  });

  it('makes 1,000 proofs in a row without keeping memory', async () => {
    const script = `
      const { loadNative } = await import(${JSON.stringify(new URL('../addon.ts', import.meta.url).href)});
      const { NativeProver } = await import(${JSON.stringify(new URL('../native-prover.ts', import.meta.url).href)});
      const { readFile } = await import('node:fs/promises');
      const [zkey, wtns] = process.argv.slice(1);
      const witness = await readFile(wtns);
      const prover = await NativeProver.open(loadNative(), zkey, 2);
      const memory = async (proofs) => {
        for (let i = 0; i < proofs; i++) await prover.prove(witness);
        gc();
        return process.memoryUsage.rss();
      };
      // In the first proofs Node's own heap and the allocator's arenas grow to what they need.
      const before = await memory(1000);
      console.log(await memory(1000) - before);`;
    const args = ['--expose-gc', '--input-type=module', '-e', script, larger.zkey, larger.wtns];
    const { stdout } = await run(process.execPath, args);
    expect(Number(stdout)).toBeLessThan(2 << 20);
  });
});
