import { expect, it } from 'vitest';
import { gasCell } from './gas/tables.ts';
import { benchGas } from './gas.ts';
import { textReport } from './report/text.ts';

it('prices batches of several sizes, and leaves out what no transaction can carry', async () => {
  const result = await benchGas({
    transfers: [16, 2048],
    batches: [1, 4],
    command: './millrace bench gas',
    say: () => undefined,
  });
  expect(result.series.map(({ labels }) => labels)).toEqual([
    { transfers: 16, batches: 1 },
    { transfers: 16, batches: 4 },
    { transfers: 2048, batches: 1 },
  ]);
  const [alone, shared, large] = result.series.map(gasCell);
  for (const { oneCall, commit, prove } of [alone!, shared!, large!]) {
    expect(oneCall!).toBeLessThan(commit! + prove!);
  }
  expect(shared!.prove!).toBeLessThan(2 * alone!.prove!);
  expect(large!.oneCall! / large!.transfers).toBeLessThan(1_000);
  expect(textReport(result)).toMatch(/^2048 +\d+ +-$/m);
});
