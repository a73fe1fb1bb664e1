import { expect, it } from 'vitest';
import { measured, type Series } from '../result.ts';
import { efficiencyWarnings } from './efficiency-warnings.ts';

const run = (workers: number, efficiency?: number[]): Series => ({
  labels: { shape: 'tiny', workers, threads: 1 },
  metrics: efficiency === undefined ? {} : { efficiency: measured('%', efficiency, 'higher') },
});

it.each([
  ['nothing of three rounds that agree', [run(1, [0.97, 0.98, 0.96])], []],
  ['that rounds differ', [run(1, [0.9, 0.97, 1.1])], [/spread wide .* tiny, 1 worker\./]],
  ['that rounds are too few', [run(2, [0.97, 0.97])], [/Too few rounds .* tiny, 2 workers\. .*--repeat 3/]],
  ['that batches are too few', [run(1), run(2)], [/Too few batches .* tiny, 1 worker; tiny, 2 workers\./]],
])('efficiencyWarnings says %s', (_, series, warnings) => {
  const found = efficiencyWarnings(series);
  expect(found).toHaveLength(warnings.length);
  for (const [i, warning] of warnings.entries()) expect(found[i]).toMatch(warning);
});
