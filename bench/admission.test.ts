import { expect, it } from 'vitest';
import { benchAdmission } from './admission.ts';
import { textReport } from './report/text.ts';

it('lets every op in and says what each step costs', async () => {
  const result = await benchAdmission({ ops: 4, repeat: 2, command: './millrace bench admission' });
  expect(result.series.map(({ labels }) => labels.step)).toEqual([
    'JSON to op',
    'signature',
    'place in a batch, and durable write',
    'all',
  ]);
  const [decode, , , all] = result.series.map(({ metrics }) => metrics.cpu!.samples);
  for (const round of [0, 1]) expect(all![round]).toBeGreaterThan(decode![round]!);
  expect(textReport(result)).toContain('ops a CPU second');
});
