import { mad, median, permutationTest, quantile } from 'simple-statistics';
import { Random } from '../scripts/random.ts';

/** Share of the bootstrap's ratios inside the interval. */
export const CONFIDENCE = 0.95;
const RESAMPLES = 10_000;
const PERMUTATIONS = 10_000;

export interface Summary {
  readonly median: number;
  /** Median absolute deviation from the median. */
  readonly mad: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

export function summarize(samples: readonly number[]): Summary {
  const values = [...samples];
  return {
    median: median(values),
    mad: mad(values),
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
  };
}

/**
 * The ratio of two medians and its confidence interval by the percentile bootstrap (Efron 1979). `a[i]` and `b[i]` were
 * measured in the same round, so that rounds are drawn, not single samples: what slows a whole round down cancels out.
 *
 * @param a as many as `b`, positive
 */
export function pairedRatio(
  a: readonly number[],
  b: readonly number[],
): { ratio: number; low: number; high: number } {
  const random = new Random(a.length);
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const rounds = a.map(() => random.below(a.length));
    return median(rounds.map((i) => a[i]!)) / median(rounds.map((i) => b[i]!));
  });
  const tail = (1 - CONFIDENCE) / 2;
  return {
    ratio: median([...a]) / median([...b]),
    low: quantile(ratios, tail),
    high: quantile(ratios, 1 - tail),
  };
}

/**
 * Probability that two sets of samples differ as much as these by chance alone, if both come from the same distribution:
 * Fisher's permutation test of the difference of means, two-sided. With three samples each it is never below 0.1.
 */
export function chanceOfDifference(a: readonly number[], b: readonly number[]): number {
  const random = new Random(a.length + b.length);
  return permutationTest([...a], [...b], 'two_side', PERMUTATIONS, () => random.fraction());
}
