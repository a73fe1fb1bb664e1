import { expect, it } from 'vitest';
import { textReport } from './report/text.ts';
import { benchRestore } from './restore.ts';

it('rebuilds a state that grows, and says what that costs', async () => {
  const result = await benchRestore({
    batches: [9, 2],
    transfers: 4,
    repeat: 2,
    command: './millrace bench restore',
    say: () => undefined,
  });
  expect(result.series.map(({ labels }) => labels)).toEqual([
    { batches: 2, transfers: 4 },
    { batches: 9, transfers: 4 },
  ]);
  for (const { metrics } of result.series) expect(metrics.wall!.samples).toHaveLength(2);
  expect(textReport(result)).toMatch(/^9 +36 /m);
});
