import { describe, expect, it } from 'vitest';
import { compareResults } from './compare.ts';
import { comparisonTables } from './report/comparison.ts';
import { markdownTable } from './report/table.ts';
import { type BenchResult, counted, measured, parseResult, type Series } from './result.ts';

const RESULT: BenchResult = {
  format: 'millrace-bench-1',
  benchmark: 'prove',
  command: './millrace bench prove',
  startedAt: '2026-01-01T00:00:00.000Z',
  machine: {
    cpu: 'test',
    architecture: 'x64',
    flags: [],
    logicalCpus: 2,
    usableCpus: 2,
    virtual: false,
    governor: 'performance',
    memoryBytes: 1,
    system: 'linux',
    node: 'v24',
  },
  load: { before: 0, after: 0, othersShare: 0, stealShare: 0 },
  warnings: [],
  notes: [],
  series: [],
  ratios: [],
};

const withMetrics = (
  metrics: Series['metrics'],
  labels: Series['labels'] = { backend: 'native' },
): BenchResult => ({
  ...RESULT,
  series: [{ labels, metrics }],
});
const cpu = (...samples: number[]) => withMetrics({ cpu: measured('s', samples) });

describe('compareResults', () => {
  it('takes a difference for a change only if chance hardly makes it', () => {
    const before = cpu(1, 1.1, 0.9, 1.05, 0.95);
    const [slower] = compareResults(before, cpu(1.3, 1.4, 1.2, 1.35, 1.25)).changes;
    expect(slower).toMatchObject({ verdict: 'worse', before: 1, after: 1.3 });
    expect(slower!.chance).toBeLessThan(0.05);
    const [faster] = compareResults(before, cpu(0.5, 0.6, 0.4, 0.55, 0.45)).changes;
    expect(faster).toMatchObject({ verdict: 'better' });
    const [noise] = compareResults(before, cpu(1.02, 1.15, 0.9, 0.97, 1.1)).changes;
    expect(noise).toMatchObject({ verdict: 'same' });
    const [tooFew] = compareResults(cpu(1, 1.1), cpu(2, 2.1)).changes;
    expect(tooFew).toMatchObject({ verdict: 'same' });
  });

  it('knows where more is better', () => {
    const rate = (...samples: number[]) => withMetrics({ rate: measured('1/s', samples, 'higher') });
    expect(compareResults(rate(1, 1.1, 1.2, 1, 1.1), rate(3, 3.1, 3.2, 3, 3.1)).changes[0]).toMatchObject({
      verdict: 'better',
    });
  });

  it('takes every difference of an exact count', () => {
    const size = (count: number) => withMetrics({ constraints: counted('constraints', count) });
    expect(compareResults(size(100), size(101)).changes).toMatchObject([{ verdict: 'worse' }]);
    expect(compareResults(size(100), size(99)).changes).toMatchObject([{ verdict: 'better' }]);
    expect(compareResults(size(100), size(100)).changes).toMatchObject([{ verdict: 'same' }]);
  });

  it('says which series are gone and which are new, whatever the order of labels', () => {
    const metrics = { cpu: measured('s', [1]) };
    const before: BenchResult = {
      ...RESULT,
      series: [
        { labels: { a: 1, b: 2 }, metrics },
        { labels: { a: 2 }, metrics },
      ],
    };
    const after: BenchResult = {
      ...RESULT,
      series: [
        { labels: { b: 2, a: 1 }, metrics },
        { labels: { a: 3 }, metrics },
      ],
    };
    const comparison = compareResults(before, after);
    expect(comparison).toMatchObject({ gone: [{ a: 2 }], added: [{ a: 3 }] });
    expect(comparison.changes).toHaveLength(1);
    const text = comparisonTables(comparison).map(markdownTable).join('');
    expect(text).toContain('Nothing changed: 1 figures');
    expect(text).toContain('gone');
  });
});

describe('parseResult', () => {
  it('takes what was written, and nothing else', () => {
    const result = cpu(1, 2, 3);
    expect(parseResult(JSON.stringify(result), 'r.json')).toEqual(result);
    for (const text of [
      '',
      '{}',
      JSON.stringify({ ...result, format: 'millrace-bench-2' }),
      JSON.stringify(cpu()),
    ]) {
      expect(() => parseResult(text, 'r.json')).toThrowError(expect.objectContaining({ code: 'bad-result' }));
    }
  });
});
