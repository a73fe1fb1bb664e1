import type { Labels, Series } from '../result.ts';
import { summarize } from '../statistics.ts';

/** An efficiency that is spread wider than this over the rounds does not tell 95% from 100%. */
const MOST_SPREAD = 0.025;
const FEWEST_ROUNDS = 3;

/** What makes the efficiency of runs doubtful, in sentences for its reader. */
export function efficiencyWarnings(series: readonly Series[]): string[] {
  const which = (is: (efficiency: number[] | undefined) => boolean) =>
    series
      .filter(({ metrics }) => is(metrics.efficiency?.samples))
      .map(({ labels }) => runName(labels))
      .join('; ');
  const none = which((samples) => samples === undefined);
  const few = which((samples) => samples !== undefined && samples.length < FEWEST_ROUNDS);
  const wide = which((samples) => samples !== undefined && summarize(samples).mad > MOST_SPREAD);
  return [
    none === '' ? '' : `Too few batches for an efficiency: ${none}. Take more transfers.`,
    few === '' ? '' : `Too few rounds for a spread: ${few}. Take --repeat ${FEWEST_ROUNDS}.`,
    wide === ''
      ? ''
      : `Efficiency is spread wide over the rounds (median deviation above ${100 * MOST_SPREAD}%): ${wide}.`,
  ].filter((warning) => warning !== '');
}

/** Such as `tiny, 2 workers`. */
export function runName({ shape, workers }: Labels): string {
  return `${shape}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
}
