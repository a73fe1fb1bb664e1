import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { withBody } from '../test/support/program-bytes.ts';
import { ensureCircuitArtifacts } from './artifacts/ensure-artifacts.ts';
import type { ShapeArtifacts } from './artifacts/load-artifacts.ts';
import { NativeBackend } from './backends/native.ts';
import { jobId } from './job.ts';
import { loadNative } from './native/addon.ts';
import { proveInput } from './prove-input.ts';
import { EmbeddedProofQueue } from './queue-embedded.ts';
import { toLittleEndian } from './setup/little-endian.ts';
import { verifyProof } from './verify.ts';
import { WitnessCalculator } from './witness.ts';
import { packInput } from './witness-input.ts';
import { PROGRAM_FILE } from './witness-program/program-file.ts';
import { startWorker } from './worker.ts';

/** Nothing in the program notices a wrong constant: only the constraint of `t` does. */
const OFFSET = 12345n;
const MAIN = `pragma circom 2.1.9;
  template Chain() { signal input C; signal input z; signal input y; signal input x; signal t;
    t <== (x + ${OFFSET}) * z; C === x * x; y === x * z; }
  component main { public [C, z, y] } = Chain();`;
const SHAPE = { name: 'chain', n2: 1, n1: 1, m: 1, depth: 8 };
const INPUT = { C: '25', z: '7', y: '35', x: '5' };
const PUBLIC_SIGNALS = ['25', '7', '35'];

const addon = loadNative();

describe.skipIf(addon === undefined)('proveInput', () => {
  let folder: string;
  let artifacts: ShapeArtifacts;
  let backend: NativeBackend;
  let program: string;
  let whole: Buffer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-prove-input-'));
    const circuit = { name: 'chain', main: MAIN, libraries: [] };
    artifacts = await ensureCircuitArtifacts(SHAPE, circuit, { root: folder });
    backend = new NativeBackend(addon!, 1);
    program = join(dirname(artifacts.wasm), PROGRAM_FILE);
    whole = await readFile(program);
  }, 120_000);

  afterAll(async () => {
    await backend.close();
    await rm(folder, { recursive: true });
  });

  async function withProgram(file: Buffer) {
    await writeFile(program, file);
    const calculator = await WitnessCalculator.open(artifacts.wasm);
    expect(calculator.engine).toBe('native');
    return { calculator, backend, zkey: artifacts.zkey, vkey: artifacts.vkey };
  }

  /** The program with one constant more than it should be, and a checksum that fits. */
  function withWrongConstant(): Buffer {
    return withBody(whole, (body) => {
      const at = body.indexOf(toLittleEndian(OFFSET, 32));
      expect(at).toBeGreaterThan(0);
      body[at]! += 1;
      return body;
    });
  }

  it('takes the witness of a program that is right', async () => {
    const prover = await withProgram(whole);
    const made = await proveInput(INPUT, PUBLIC_SIGNALS, prover);
    expect(made).toMatchObject({ publicSignals: PUBLIC_SIGNALS, programDropped: false });
    expect(prover.calculator.engine).toBe('native');
  });

  it('proves with the WASM what a wrong program spoils, and leaves that aside from then on', async () => {
    const prover = await withProgram(withWrongConstant());
    const wrong = await prover.calculator.calculate(INPUT);
    const { proof } = await backend.prove(artifacts.zkey, wrong);
    expect(await verifyProof(artifacts.vkey, PUBLIC_SIGNALS, proof)).toBe(false);

    const made = await proveInput(INPUT, PUBLIC_SIGNALS, prover);
    expect(made).toMatchObject({ publicSignals: PUBLIC_SIGNALS, programDropped: true });
    expect(await verifyProof(artifacts.vkey, PUBLIC_SIGNALS, made.proof)).toBe(true);
    expect(prover.calculator.engine).toBe('wasm');
    expect(await proveInput(INPUT, PUBLIC_SIGNALS, prover)).toMatchObject({ programDropped: false });
  });

  it('does the same for a program that gives too few values', async () => {
    // The last witness value is left out: the count, and its word before the table and code.
    const prover = await withProgram(
      withBody(whole, (body) => {
        const native = 4 + body.readUInt32LE(0);
        const [constants = 0, values = 0] = [16, 20].map((at) => body.readUInt32LE(native + at));
        body.writeUInt32LE(values - 1, native + 20);
        const last = native + 32 + 32 * constants + 4 * (values - 1);
        return Buffer.concat([body.subarray(0, last), body.subarray(last + 4)]);
      }),
    );
    expect(await proveInput(INPUT, PUBLIC_SIGNALS, prover)).toMatchObject({
      publicSignals: PUBLIC_SIGNALS,
      programDropped: true,
    });
  });

  it('refuses when no proof holds, and does not blame the program', async () => {
    const prover = await withProgram(whole);
    const { IC } = prover.vkey;
    const vkey = { ...prover.vkey, IC: [IC[1]!, IC[0]!, ...IC.slice(2)] };
    await expect(proveInput(INPUT, PUBLIC_SIGNALS, { ...prover, vkey })).rejects.toMatchObject({
      kind: 'internal',
      code: 'wrong-proof',
    });
    expect(prover.calculator.engine).toBe('native');
  });

  it('keeps a worker going, which warns once', { timeout: 60_000 }, async () => {
    await writeFile(program, withWrongConstant());
    const warnings: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => warnings.push(JSON.parse(line).msg) });
    const queue = new EmbeddedProofQueue();
    const worker = startWorker({ source: queue, artifacts: [artifacts], backend: 'native', logger });
    try {
      const input = await packInput(INPUT);
      for (const batch of [1, 2]) {
        const { manifestId } = artifacts;
        const job = { batch, attempt: 0, shape: 'chain', inputHash: input.hash, manifestId };
        const known = { ...job, refusedWorkers: [], restingWorkers: [] };
        await queue.add(known, input);
        const found = await vi.waitUntil(
          async () => {
            const { state, ...rest } = await queue.inspect(jobId(known));
            return state === 'finished' ? rest : undefined;
          },
          { timeout: 30_000, interval: 10 },
        );
        expect(found).toMatchObject({
          outcome: { kind: 'proof', result: { publicSignals: PUBLIC_SIGNALS } },
        });
      }
      expect(warnings).toEqual([expect.stringContaining('the witness program is wrong')]);
    } finally {
      await worker.stop();
      await queue.close();
    }
  });
});
