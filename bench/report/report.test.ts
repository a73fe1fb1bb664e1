import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import { type BenchResult, counted, isExact, type Labels, measured } from '../result.ts';
import { htmlReport, specOf } from './html.ts';
import { plotsOf } from './plots.ts';
import { formatValue, markdownTable, textTable } from './table.ts';
import { markdownReport, textReport } from './text.ts';

const machine = {
  cpu: 'A <fast> & "new" one',
  architecture: 'x64',
  flags: ['avx2'],
  logicalCpus: 2,
  usableCpus: 1,
  virtual: true,
  governor: 'performance',
  memoryBytes: 8e9,
  system: 'linux',
  node: 'v24',
};
const common = {
  format: 'millrace-bench-1',
  command: './millrace bench',
  startedAt: '2026-01-01T00:00:00.000Z',
  machine,
  load: { before: 0.5, after: 1, othersShare: 0.25, stealShare: 0 },
  warnings: ['Other programs ran.'],
  notes: ['</script><script>alert(1)</script>'],
} as const;

const series = (circuit: string, k: number, backend: string, run: string, samples: number[]) => ({
  labels: { circuit, k, backend, run, threads: 1 },
  metrics: {
    wall: measured('s', samples),
    cpu: measured('s', samples),
    memory: measured('bytes', [1e8, 2e8, 3e8]),
    ...(run === 'warm'
      ? { 'stage quotient': measured('s', samples), 'stage points': measured('s', samples) }
      : {}),
  },
});
const proving: BenchResult = {
  ...common,
  benchmark: 'prove',
  warnings: [...common.warnings],
  notes: [...common.notes],
  series: [
    series('small', 14, 'native', 'warm', [1, 1.1, 1.2]),
    series('small', 14, 'other', 'cold', [3, 3.1, 3.2]),
    series('large', 16, 'native', 'warm', [4, 4.1, 4.2]),
    series('large', 16, 'other', 'cold', [12, 13, 14]),
  ],
  ratios: [
    {
      metric: 'cpu',
      of: { circuit: 'small', k: 14, backend: 'other', run: 'cold', threads: 1 },
      to: { circuit: 'small', k: 14, backend: 'native', run: 'warm', threads: 1 },
      ratio: 2.8,
      low: 2.5,
      high: 3.1,
    },
  ],
};
const circuits: BenchResult = {
  ...common,
  benchmark: 'circuits',
  warnings: [],
  notes: [],
  ratios: [],
  series: [
    { labels: { part: 'signature' }, metrics: { constraints: counted('constraints', 4000) } },
    {
      labels: { shape: 'tiny', counted: 'compiled' },
      metrics: { constraints: counted('constraints', 21_280) },
    },
    {
      labels: { transfer: 'M = N', depth: 24, n: 4, counted: 'compiled' },
      metrics: { constraints: counted('constraints', 10_000) },
    },
    {
      labels: { peer: 'Another', depth: 24, source: 'there' },
      metrics: { constraints: counted('constraints', 40_000) },
    },
  ],
};

const gas: BenchResult = {
  ...common,
  benchmark: 'gas',
  warnings: [],
  notes: [],
  ratios: [],
  series: [1, 2].map((batches) => ({
    labels: { transfers: 16, batches },
    metrics: {
      'one call': counted('gas', 200_000 * batches),
      calldata: counted('bytes', 800 * batches),
      ...(batches === 1 ? { commit: counted('gas', 90_000), prove: counted('gas', 260_000) } : {}),
    },
  })),
};

const pipeline: BenchResult = {
  ...common,
  benchmark: 'pipeline',
  warnings: [],
  notes: [],
  ratios: [],
  series: [1, 2].map((workers) => ({
    labels: { shape: 'tiny', workers, threads: 1 },
    metrics: {
      'transfers/s': measured('1/s', [workers], 'higher'),
      'proofs/s': measured('1/s', [workers], 'higher'),
      latency: measured('s', [3, 4, 5]),
      witness: measured('s', [0.1, 0.2]),
      proof: measured('s', [2, 3]),
      'queue, a job': measured('s', [0.01]),
      'proven to final': measured('s', [1, 2]),
      efficiency: measured('%', [0.96, 0.98, 0.97], 'higher'),
      'CPU of prover': measured('s', [2, 2, 4]),
      'CPU of node': measured('s', [0.1, 0.2, 0.1]),
      'CPU of L1': measured('s', [0.1, 0.1, 0.1]),
    },
  })),
};
const busy = (share: number) =>
  Object.fromEntries(
    ['node', 'redis', 'workers', 'L1'].map((stage) => [`${stage} busy`, counted('%', share)]),
  );
const run = (labels: Labels): BenchResult['series'][number] => ({
  labels: { shape: 'demo', ...labels },
  metrics: {
    'transfers/s': counted('1/s', 9.5, 'higher'),
    'gas a transfer': counted('gas', 900),
    'cost a transfer': counted('USD', 0.001),
    ...busy(0.5),
  },
});
const simulated: BenchResult = {
  ...common,
  benchmark: 'simulate',
  warnings: [],
  notes: [],
  ratios: [],
  series: [
    run({ sweep: 'load', load: 10, data: 'calldata' }),
    run({ sweep: 'load', load: 100, data: 'calldata' }),
    run({ sweep: 'workers', workers: 1 }),
    run({ sweep: 'workers', workers: 10 }),
  ],
};

describe.each([proving, circuits, gas, pipeline, simulated])('the report of bench $benchmark', (result) => {
  it('has plots that can be drawn', async () => {
    const plots = plotsOf(result);
    expect(plots.length).toBeGreaterThan(0);
    for (const plot of plots) {
      const view = new View(parse(compile(specOf(plot)).spec), { renderer: 'none' });
      expect(await view.toSVG()).toContain('mark-');
    }
  });

  it('is one HTML file with the whole results in it', async () => {
    const html = await htmlReport([result, circuits]);
    // What is in scripts is no markup; were one to end early, its rest would show up here.
    const page = html.replace(/<script[^>]*>.*?<\/script>/gs, '');
    expect(page).not.toMatch(/<(?:script|link|img)|src=|href=/);
    expect(page).not.toContain('<fast>');
    expect(page.length).toBeLessThan(20_000);
    const [, embedded = ''] =
      /<script type="application\/json" id="results">(.*?)<\/script>/s.exec(html) ?? [];
    expect(JSON.parse(embedded)).toEqual([result, circuits]);
  });

  it('says the same in text and in Markdown, the machine only where it matters', () => {
    const [text, markdown] = [textReport(result), markdownReport(result)];
    for (const warning of result.warnings) {
      expect(text).toContain(warning);
      expect(markdown).toContain(warning);
    }
    expect(text).toContain('25%');
    expect(markdown.includes('25%')).toBe(!isExact(result));
  });
});

it('several results of proofs are shown together by size, a contender of one size left out', async () => {
  const size = (k: number, ...backends: string[]) => ({
    ...proving,
    ratios: [],
    series: backends.map((backend) => series(`c${k}`, k, backend, 'cold', [k])),
  });
  const html = await htmlReport([size(14, 'native', 'other'), size(16, 'native')]);
  const [, plots = ''] = /^const plots = (.*);$/m.exec(html) ?? [];
  const [together] = JSON.parse(plots) as { data: { values: { contender: string; rows: number }[] } }[][];
  expect(together![0]!.data.values.map(({ contender, rows }) => [contender, rows])).toEqual([
    ['native cold, 1 thread', 2 ** 14],
    ['native cold, 1 thread', 2 ** 16],
  ]);
});

it('the pipeline shows its efficiency with the spread of rounds, and what the others use beside the provers', () => {
  const text = textReport(pipeline);
  expect(text).toContain('97.0% ± 1.00%');
  expect(text).toMatch(/tiny +2 +2\.00 s +100 ms +100 ms +10\.0%/);
});

describe('tables', () => {
  const table = {
    title: 'T',
    columns: ['name', 'time'],
    rows: [
      ['a|b', '1.00 s'],
      ['longer', '10.0 s'],
    ],
  };

  it('line up', () => {
    expect(textTable(table).split('\n').slice(2, 6)).toEqual([
      'name      time',
      '------  ------',
      'a|b     1.00 s',
      'longer  10.0 s',
    ]);
    expect(markdownTable(table)).toContain('| --- | ---: |\n| a\\|b | 1.00 s |');
  });

  it.each([
    [0.0000123, 's', '12.3 us'],
    [0.0456, 's', '45.6 ms'],
    [12.345, 's', '12.3 s'],
    [1_234.5, 's', '1,235 s'],
    [2.5e8, 'bytes', '250 MB'],
    [0.0123, '%', '1.23%'],
    [260_861, 'constraints', '260,861'],
    [5.331, 'transfers/s', '5.33 transfers/s'],
    [0, 's', '0.00 ms'],
  ])('write %d %s as %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });
});
