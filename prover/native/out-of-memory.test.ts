import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NativeAddon } from './addon.ts';
import { NativeProver } from './native-prover.ts';
import { makeTestCircuit, type TestCircuit } from './test-circuit.ts';
import { verifyNatively } from './verify-natively.ts';

/** An addon on a machine without memory: its calls end as in promise_worker.hpp. */
const exhausted = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('not enough memory'), { code: 'out-of-memory' }));
const addon = { openProver: exhausted, verifyProofs: exhausted } as unknown as NativeAddon;
let folder: string;
let circuit: TestCircuit;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-memory-'));
  circuit = await makeTestCircuit(folder, 'circuit', { publicWires: 1, privateWires: 3 });
});

afterAll(() => rm(folder, { recursive: true }));

it('a key that finds no memory is told of', async () => {
  await expect(NativeProver.open(addon, circuit.zkey, 1)).rejects.toMatchObject({
    kind: 'internal',
    code: 'prover-failed',
    details: { zkey: circuit.zkey, code: 'out-of-memory' },
    fix: expect.stringContaining('free memory'),
  });
});

it('a verification that finds no memory is told of, and is no answer', async () => {
  await expect(verifyNatively(addon, circuit.vkey, [])).rejects.toMatchObject({
    kind: 'internal',
    code: 'verifier-failed',
    details: { code: 'out-of-memory' },
    fix: expect.stringContaining('free memory'),
  });
});
