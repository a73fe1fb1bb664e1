import { wtns } from 'snarkjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../protocol/field.ts';
import { TOY_C_LINE, type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import { WitnessCalculator } from './witness.ts';

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

  it('refuses a module that is no witness calculator', async () => {
    await expect(WitnessCalculator.open(toy.r1cs)).rejects.toMatchObject({ code: 'bad-witness-wasm' });
    await expect(WitnessCalculator.open('/nonexistent.wasm')).rejects.toMatchObject({
      code: 'bad-witness-wasm',
    });
  });
});
