import { copyFile, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wtns } from 'snarkjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../protocol/field.ts';
import { TOY_C_LINE, type ToyFiles, toyCircuit, toyInput, toySource } from '../test/support/toy-circuit.ts';
import { tracedCircuit } from '../test/support/traced-circuit.ts';
import { loadNative } from './native/addon.ts';
import { WitnessCalculator } from './witness.ts';
import type { CircuitInput } from './witness-input.ts';
import { PROGRAM_FILE } from './witness-program/program-file.ts';

const addon = loadNative();
let toy: ToyFiles;
let calculator: WitnessCalculator;

beforeAll(async () => {
  toy = await toyCircuit();
  calculator = await WitnessCalculator.open(toy.wasm);
}, 60_000);

describe('WitnessCalculator', () => {
  it('gives the bytes that snarkjs gives, each time', async () => {
    for (const x of [0n, 5n, FIELD - 1n]) {
      const { input } = toyInput(x);
      if (x * 7n >= FIELD) input.y = String((x * 7n) % FIELD);
      const expected: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
      await wtns.calculate(input, toy.wasm, expected);
      expect(Buffer.from(await calculator.calculate(input))).toEqual(Buffer.from(expected.data ?? []));
    }
  });

  it('says which template and line refuse an input', async () => {
    const { input } = toyInput(5n);
    await expect(calculator.calculate({ ...input, C: '1' })).rejects.toMatchObject({
      kind: 'input',
      code: 'witness-failed',
      message: expect.stringContaining(`in template Chain, line ${TOY_C_LINE}`),
      details: { reason: 'Assert failed', stack: [{ template: 'Chain', line: TOY_C_LINE }] },
    });
    // and works on after that
    await calculator.calculate(input);
  });

  it.each([
    ['an unknown signal', { extra: '1' }, { signal: 'extra' }],
    ['too few values', { x: ['5'] }, { signal: 'x', expected: 2, found: 1 }],
    ['too many values', { x: ['5', '1', '1'] }, { signal: 'x', expected: 2, found: 3 }],
    ['a value that is not below r', { z: String(FIELD) }, { signal: 'z', position: 0 }],
  ])('refuses %s', async (_, change, details) => {
    const broken = { ...toyInput(5n).input, ...change };
    await expect(calculator.calculate(broken)).rejects.toMatchObject({ code: 'wrong-signals', details });
  });

  it('refuses an input that lacks a signal', async () => {
    const { C, ...rest } = toyInput(5n).input;
    await expect(calculator.calculate(rest)).rejects.toMatchObject({ code: 'wrong-signals' });
    expect(C).toBeDefined();
  });

  it.skipIf(addon === undefined)(
    'tells the same with a witness program, and does without one that is damaged',
    async () => {
      const { program, native } = await tracedCircuit(addon!, toySource());
      const folder = await mkdtemp(join(tmpdir(), 'millrace-witness-'));
      try {
        const wasm = join(folder, 'circuit.wasm');
        await copyFile(toy.wasm, wasm);
        await copyFile(program, join(folder, PROGRAM_FILE));
        const both = await WitnessCalculator.open(wasm);
        expect([both.engine, calculator.engine]).toEqual(['native', 'wasm']);
        const { input } = toyInput(5n);
        const expected = Buffer.from(await calculator.calculate(input));
        expect(Buffer.from(await both.calculate(input))).toEqual(expected);
        const changes: CircuitInput[] = [
          { C: '1' },
          { extra: '1' },
          { x: ['5'] },
          { x: ['5', '1', '1'] },
          { z: String(FIELD) },
        ];
        for (const change of changes) {
          const broken = { ...input, ...change };
          expect(await native.calculate(broken)).toBeUndefined();
          const reason = await calculator.calculate(broken).catch((error) => error);
          await expect(both.calculate(broken)).rejects.toMatchObject({
            message: reason.message,
            details: reason.details,
          });
        }

        await truncate(join(folder, PROGRAM_FILE), 200);
        const damaged = await WitnessCalculator.open(wasm);
        expect(damaged.engine).toBe('wasm');
        expect(Buffer.from(await damaged.calculate(input))).toEqual(expected);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  it('refuses a module that is no witness calculator', async () => {
    await expect(WitnessCalculator.open(toy.r1cs)).rejects.toMatchObject({ code: 'bad-witness-wasm' });
    await expect(WitnessCalculator.open('/nonexistent.wasm')).rejects.toMatchObject({
      code: 'bad-witness-wasm',
    });
  });
});
