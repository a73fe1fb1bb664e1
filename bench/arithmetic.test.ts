import { expect, it } from 'vitest';
import { benchArithmetic } from './arithmetic.ts';
import { textReport } from './report/text.ts';

it('measures each operation by both', async () => {
  const result = await benchArithmetic({ count: 3, repeat: 2, command: './millrace bench arithmetic' });
  expect(result.ratios.map(({ of }) => of.operation)).toEqual([
    'Poseidon of 2',
    'Poseidon of 16',
    'EdDSA-Poseidon signature checked',
    'account updated among 2^24',
  ]);
  for (const { metrics } of result.series) expect(metrics.cpu!.samples).toHaveLength(2);
  expect(textReport(result)).toContain('times the cost');
});
