import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FIELD } from '../protocol/field.ts';
import { toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import { WitnessCalculator } from './witness.ts';
import { checkWtns } from './wtns-file.ts';

let good: Uint8Array;

beforeAll(async () => {
  const toy = await toyCircuit();
  good = await (await WitnessCalculator.open(toy.wasm)).calculate(toyInput(5n).input);
}, 60_000);

function altered(change: (bytes: Buffer) => void): Uint8Array {
  const copy = Buffer.from(good);
  change(copy);
  return copy;
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

describe('checkWtns', () => {
  it('accepts a witness, in memory and in a file', async () => {
    const header = await checkWtns(good);
    expect(header).toEqual({ witnessCount: (good.length - 76) / 32, valuesOffset: 76 });
    const folder = await mkdtemp(join(tmpdir(), 'millrace-wtns-'));
    await writeFile(join(folder, 'w.wtns'), good);
    expect(await checkWtns(join(folder, 'w.wtns'))).toEqual(header);
    await rm(folder, { recursive: true });
  });

  it.each<[string, (bytes: Buffer) => void]>([
    ['another magic', (b) => b.write('zkey')],
    ['another version', (b) => b.writeUInt32LE(1, 4)],
    ['a section too many', (b) => b.writeUInt32LE(3, 8)],
    ['the same section twice', (b) => b.writeUInt32LE(1, 64)],
    ['a section length that lies', (b) => b.writeBigUInt64LE(2n ** 40n, 68)],
    ['a section that is too short', (b) => b.writeBigUInt64LE(32n, 68)],
    ['another value size', (b) => b.writeUInt32LE(48, 24)],
    ['another field', (b) => b.writeUInt32LE(7, 28)],
    ['a count that lies', (b) => b.writeUInt32LE(2 ** 31, 60)],
    ['no values', (b) => b.writeUInt32LE(0, 60)],
    ['a first value that is not 1', (b) => b.writeUInt32LE(2, 76)],
    ['the value r', (b) => littleEndian(FIELD).copy(b, 76 + 32)],
    ['a value of all ones', (b) => b.fill(0xff, b.length - 32)],
  ])('refuses %s', async (_, change) => {
    await expect(checkWtns(altered(change))).rejects.toMatchObject({
      kind: 'input',
      code: 'bad-witness-file',
    });
  });

  it('accepts r - 1', async () => {
    await checkWtns(altered((b) => littleEndian(FIELD - 1n).copy(b, b.length - 32)));
  });

  it('refuses every truncation, and what is not a file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: good.length - 1 }), async (length) => {
        await expect(checkWtns(good.subarray(0, length))).rejects.toMatchObject({ code: 'bad-witness-file' });
      }),
      { numRuns: 50 },
    );
    await expect(checkWtns(tmpdir())).rejects.toMatchObject({ code: 'bad-witness-file' });
    await expect(checkWtns('/nonexistent/w.wtns')).rejects.toMatchObject({ code: 'bad-witness-file' });
  });
});
