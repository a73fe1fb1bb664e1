import { expect, it } from 'vitest';
import { benchPipeline } from './pipeline.ts';
import { benchValidate } from './simulate.ts';

it('measures the rollup and the provers alone in turn, and gives what the simulation takes', async () => {
  const result = await benchPipeline({
    shapes: ['tiny'],
    workers: [1, 2],
    threads: 1,
    transfers: { zipf: 12 },
    repeat: 2,
    command: './millrace bench pipeline',
    say: () => undefined,
  });
  expect(result.series.map(({ labels }) => labels.workers)).toEqual([1, 2]);
  for (const { metrics } of result.series) {
    for (const name of ['efficiency', 'CPU efficiency', 'CPU of prover', 'CPU of node', 'CPU of L1']) {
      expect(metrics[name]!.samples).toHaveLength(2);
      expect(Math.min(...metrics[name]!.samples)).toBeGreaterThan(0);
    }
    // A prover does the same work either way; how fast the machine is meanwhile is another matter.
    expect(metrics['CPU efficiency']!.samples[0]).toBeGreaterThan(0.5);
    expect(metrics['CPU efficiency']!.samples[0]).toBeLessThan(2);
  }
  expect((await benchValidate(result, 1, './millrace')).series.length).toBeGreaterThan(0);
}, 600_000);
