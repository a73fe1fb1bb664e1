import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHAPES, type Shape } from '../../protocol/shape.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { loadNative } from '../../prover/native/addon.ts';
import { type BatchKind, RandomRollup, type Start } from '../support/random-batch.ts';
import { tracedCircuit } from '../support/traced-circuit.ts';
import { ODD_SHAPE, WITNESS_TIMEOUT } from './random-batches.ts';

const addon = loadNative();

describe.skipIf(addon === undefined).each<Shape>([SHAPES.tiny, ODD_SHAPE])(
  'the witness program of shape $name',
  (shape) => {
    test('gives the bytes that the WASM gives, and refuses what it refuses', {
      timeout: WITNESS_TIMEOUT,
    }, async () => {
      const { native, wasm } = await tracedCircuit(addon!, batchCircuit(shape));
      const check = async (seed: number, start: Start, kind: BatchKind, lie: number): Promise<void> => {
        const input = { ...new RandomRollup(seed, shape.depth, start).nextBatch(shape, kind).batch.witness };
        const wtns = await native.calculate(input);
        expect(Buffer.from(wtns ?? []).equals(Buffer.from(await wasm(input)))).toBe(true);

        const signals = Object.keys(input) as (keyof typeof input)[];
        const signal = signals[lie % signals.length]!;
        const changed = { ...input, [signal]: increased(input[signal]) };
        const [found, expected] = await Promise.all([
          native.calculate(changed),
          wasm(changed).catch(() => undefined),
        ]);
        expect(found && Buffer.from(found)).toEqual(expected && Buffer.from(expected));
      };
      await fc.assert(
        fc.asyncProperty(
          fc.nat(),
          fc.constantFrom<Start>('fresh', 'populated'),
          fc.constantFrom<BatchKind>('empty', 'l1', 'full', 'mixed'),
          fc.nat(),
          check,
        ),
        { numRuns: 12 },
      );
    });
  },
);

/** The first value in a signal, made another. */
function increased(value: string | readonly unknown[]): unknown {
  if (typeof value === 'string') return String(BigInt(value) + 1n);
  return [increased(value[0] as string | readonly unknown[]), ...value.slice(1)];
}
