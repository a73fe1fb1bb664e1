import { describe, expect, it } from 'vitest';
import { layout, shapeByName } from '../../protocol/shape.ts';
import { textReport } from '../report/text.ts';
import { type BenchResult, counted, measured, type Series } from '../result.ts';
import { benchSimulate, benchValidate } from '../simulate.ts';
import { calibrate } from './calibration.ts';

const result = (benchmark: BenchResult['benchmark'], series: Series[]): BenchResult => ({
  format: 'millrace-bench-1',
  benchmark,
  command: `./millrace bench ${benchmark}`,
  startedAt: '2026-01-01T00:00:00.000Z',
  machine: {
    cpu: 'c',
    architecture: 'x64',
    flags: [],
    logicalCpus: 2,
    usableCpus: 2,
    virtual: false,
    governor: 'g',
    memoryBytes: 1,
    system: 's',
    node: 'v',
  },
  load: { before: 0, after: 0, othersShare: 0, stealShare: 0 },
  warnings: [],
  notes: [],
  series,
  ratios: [],
});
const numbers = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));

/** Twelve batches that were there at once, five seconds each, by two workers. */
const pipeline = result('pipeline', [
  {
    labels: { shape: 'demo', workers: 1, threads: 1 },
    metrics: {
      'queue, a job': measured('s', [0.01]),
      'node CPU, a batch': measured('s', [0.05]),
      'Redis CPU, a job': measured('s', [0.002]),
      batches: measured('', [12]),
      'sealed at': measured(
        's',
        numbers(12, () => 0),
      ),
      'signed ops': measured(
        '',
        numbers(12, () => 20),
      ),
      witness: measured(
        's',
        numbers(12, () => 1),
      ),
      proof: measured(
        's',
        numbers(12, () => 4),
      ),
      'wait for a worker': measured(
        's',
        numbers(12, (i) => 5 * i),
      ),
      'proven to final': measured(
        's',
        numbers(12, () => 1),
      ),
    },
  },
]);
const prove = result('prove', [
  {
    labels: { circuit: 'demo', k: 18, backend: 'native', run: 'warm', threads: 1 },
    metrics: { cpu: measured('s', [5, 5, 5]) },
  },
]);
const admission = result('admission', [
  { labels: { step: 'all' }, metrics: { cpu: measured('s', [0.001]) } },
]);
const gas = result(
  'gas',
  [16, 32, 64].flatMap((transfers) =>
    [1, 2, 4].map((batches) => ({
      labels: { transfers, batches },
      metrics: {
        'one call': counted('gas', 200_000 + batches * (60_000 + 600 * transfers)),
        calldata: counted('bytes', batches * (500 + 16 * transfers)),
        'one call, blob': counted('gas', 250_000 + 60_000 * batches),
      },
    })),
  ),
);
const measurements = { prove, pipeline, admission, gas };
const surroundings = { blockGas: 60e6, blockShare: 0.5, batchAge: 10, blobs: 14 };
const calldata = { surroundings, data: 'calldata' } as const;

describe('calibrate', () => {
  it('takes the proof of the shape with its witness, and gas between the sizes that were measured', () => {
    const model = calibrate(measurements, 'demo', calldata);
    expect(model.workers.prove).toEqual([6, 6, 6]);
    expect(model.l1.callGas(3)).toBeCloseTo(200_000 + 3 * (60_000 + 600 * 20), 3);
    expect(model.l1.mostBatches).toBe(64);
    expect(model.l1.callGas(model.l1.mostBatches)).toBeLessThan(2 ** 24);
  });

  it('keeps a call to the gas that a transaction and the rollup may use', () => {
    const share = calibrate(measurements, 'demo', {
      ...calldata,
      surroundings: { ...surroundings, blockShare: 0.02 },
    });
    expect(share.l1.mostBatches).toBe(Math.floor((0.02 * 60e6 - 200_000) / (60_000 + 600 * 20)));
    expect(share.l1.callGas(share.l1.mostBatches)).toBeLessThanOrEqual(share.l1.blockGas);
  });

  it('fills a blob with batches, and takes half of the blobs', () => {
    const { l1 } = calibrate(measurements, 'demo', { surroundings, data: 'blob' });
    expect(l1.mostBatches).toBe(Math.floor(4096 / layout(shapeByName('demo')).length));
    expect(l1.callGas(l1.mostBatches)).toBeCloseTo(250_000 + 60_000 * l1.mostBatches, 3);
    expect(l1).toMatchObject({ mostCalls: 7, blobGas: 131_072 });
  });

  it('scales the times of another shape by the constraints', () => {
    const [seconds = 0] = calibrate(measurements, 'large', calldata).workers.prove;
    expect(seconds / 6).toBeCloseTo(1_046_566 / 262_005, 6);
  });

  it('refuses a result without the figures', () => {
    const bare = { ...measurements, admission: result('admission', []) };
    expect(() => calibrate(bare, 'demo', calldata)).toThrow(
      expect.objectContaining({ code: 'bad-calibration' }),
    );
    for (const lacking of ['prove', 'pipeline', 'gas'] as const) {
      const none = { ...measurements, [lacking]: result(lacking, []) };
      expect(() => calibrate(none, 'demo', calldata)).toThrow(/lacks a figure/);
    }
  });
});

describe('benchSimulate', () => {
  it('says how many workers a load takes, what is next, and what it costs', async () => {
    const simulated = await benchSimulate({
      measurements,
      shapes: ['demo'],
      loads: [10, 2_000],
      workers: [1, 100],
      seconds: 300,
      seed: 1,
      prices: { gas: 1, eth: 3_000, cpuHour: 0.04 },
      command: './millrace bench simulate',
    });
    const text = textReport(simulated);
    // Half a proof a second, six seconds each, at most 80% busy.
    expect(text).toMatch(/^demo +calldata +10 +4 +1 /m);
    expect(text).toMatch(/^demo +blob +10 +4 +1 /m);
    expect(text).toMatch(/^demo +calldata +2,000 .* L1: full$/m);
    expect(text).toMatch(/^demo +1 .* workers: full$/m);
    expect(text).toMatch(/^demo +100 .* node: full$/m);
    expect(simulated.series.every(({ metrics }) => Object.values(metrics).every(({ exact }) => exact))).toBe(
      true,
    );
  });
});

describe('benchValidate', () => {
  it('foretells a pipeline whose times are always the same', async () => {
    const { series } = await benchValidate(pipeline, 1, './millrace bench simulate');
    for (const { metrics } of series) expect(Math.abs(metrics.difference!.samples[0]!)).toBeLessThan(0.01);
  });

  it('takes each round of a run by itself', async () => {
    const [{ labels, metrics } = pipeline.series[0]!] = pipeline.series;
    const twice = Object.fromEntries(
      Object.entries(metrics).map(([name, metric]) => [
        name,
        { ...metric, samples: [...metric.samples, ...metric.samples] },
      ]),
    );
    const batches = measured('', [12, 12]);
    const rounds = result('pipeline', [{ labels, metrics: { ...twice, batches } }]);
    const [once, both] = [await benchValidate(pipeline, 1, ''), await benchValidate(rounds, 1, '')];
    expect(both.series).toEqual(once.series);
  });

  it('refuses a result that does not say when batches were closed', async () => {
    const [{ labels, metrics } = pipeline.series[0]!] = pipeline.series;
    const { 'sealed at': _, ...rest } = metrics;
    const old = result('pipeline', [{ labels, metrics: rest }]);
    await expect(benchValidate(old, 1, './millrace')).rejects.toMatchObject({ code: 'bad-calibration' });
  });
});
