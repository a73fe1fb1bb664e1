import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../scripts/random.ts';
import { chanceOfDifference, pairedRatio, summarize } from './statistics.ts';

const positive = fc.double({ min: 0.001, max: 1000, noNaN: true });

describe('summarize', () => {
  it('gives median, deviation and extremes', () => {
    expect(summarize([5, 1, 4, 2, 100])).toEqual({ median: 4, mad: 2, min: 1, max: 100, count: 5 });
  });
});

describe('pairedRatio', () => {
  it('is exact when every round has the same ratio, however much the rounds differ', () => {
    const rounds = [1, 7, 2, 30, 4];
    const { ratio, low, high } = pairedRatio(
      rounds.map((seconds) => 2.5 * seconds),
      rounds,
    );
    for (const value of [ratio, low, high]) expect(value).toBeCloseTo(2.5, 12);
  });

  it('holds the ratio of medians, and turns round with its arguments', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive), { minLength: 3, maxLength: 9 }), (rounds) => {
        const [a, b] = [rounds.map(([x]) => x), rounds.map(([, y]) => y)];
        const { ratio, low, high } = pairedRatio(a, b);
        expect(low).toBeLessThanOrEqual(ratio * (1 + 1e-9));
        expect(high).toBeGreaterThanOrEqual(ratio * (1 - 1e-9));
        expect(pairedRatio(b, a).ratio).toBeCloseTo(1 / ratio, 6);
      }),
      { numRuns: 30 },
    );
  });

  it('covers the true ratio about as often as it says', () => {
    const random = new Random(7);
    const noisy = (mean: number) => mean * (1 + 0.2 * (random.fraction() + random.fraction() - 1));
    let covered = 0;
    for (let run = 0; run < 60; run++) {
      const b = Array.from({ length: 9 }, () => noisy(1));
      const { low, high } = pairedRatio(
        b.map(() => noisy(3)),
        b,
      );
      if (low <= 3 && 3 <= high) covered += 1;
    }
    expect(covered / 60).toBeGreaterThan(0.85);
  });
});

describe('chanceOfDifference', () => {
  it('is small for samples that are apart, as small as their number allows', () => {
    expect(chanceOfDifference([1, 1.1, 1.2, 1.05, 1.15], [2, 2.1, 2.2, 2.05, 2.15])).toBeLessThan(0.02);
    expect(chanceOfDifference([1.1, 1.2, 1.3], [2.1, 2.2, 2.3])).toBeCloseTo(0.1, 1);
  });

  it('is large for samples of the same', () => {
    expect(chanceOfDifference([1, 1.2, 1.1, 0.9, 1], [1.1, 0.9, 1, 1.2, 1.05])).toBeGreaterThan(0.3);
  });
});
