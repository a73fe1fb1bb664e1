import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareResults } from '../bench/compare.ts';
import { labelText, readResult } from '../bench/result.ts';
import { REPOSITORY } from '../prover/artifacts/artifact-folder.ts';
import { runCommand } from '../test/support/run-command.ts';
import { refuseGrowth } from './bench/circuits.ts';
import { decimal, numberList } from './bench/numbers.ts';
import { registerBench } from './bench.ts';
import { writeJsonFile } from './text-file.ts';

const GAS = join(REPOSITORY, 'bench/results/gas.json');
const PIPELINE = join(REPOSITORY, 'bench/results/pipeline-demo.json');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const bench = (...args: string[]) => runCommand(registerBench, ['bench', ...args]);

describe('millrace bench report', () => {
  it('puts several results on one page', async () => {
    const [html, markdown] = [join(folder, 'all.html'), join(folder, 'all.md')];
    const { exitCode } = await bench('report', GAS, PIPELINE, '--html', html, '--markdown', markdown);
    expect(exitCode).toBe(0);
    expect(readFileSync(html, 'utf8').match(/<h1>/g)).toHaveLength(2);
    expect(readFileSync(markdown, 'utf8')).toContain('The whole pipeline');
  });

  it('refuses to write nowhere, and what is no result', async () => {
    expect((await bench('report', GAS)).stderr).toContain('bench-options');
    const bad = join(folder, 'bad.json');
    writeFileSync(bad, '{}');
    expect((await bench('report', bad, '--html', join(folder, 'x.html'))).stderr).toContain('bad-result');
  });
});

describe('millrace bench compare', () => {
  it('refuses results of different benchmarks', async () => {
    const { exitCode, stderr } = await bench('compare', GAS, PIPELINE);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('[other-benchmark]')]);
  });
});

describe('files that cannot be written', () => {
  it.each(['--html', '--markdown'])('are told of: %s', async (option) => {
    const { exitCode, stderr } = await bench('report', GAS, option, join(folder, 'nowhere', 'file'));
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('[unwritable-file]')]);
  });

  it('are told of: --json', async () => {
    await expect(writeJsonFile(folder, {})).rejects.toMatchObject({ kind: 'input', code: 'unwritable-file' });
  });
});

describe('millrace bench circuits', () => {
  it('refuses constraints that were not there before, and nothing else', async () => {
    const committed = await readResult(join(REPOSITORY, 'bench/results/circuits.json'));
    const grown = structuredClone(committed);
    const [first, second] = grown.series.map(({ metrics }) => metrics.constraints!);
    (first!.samples as number[])[0]! -= 1;
    expect(() => refuseGrowth(compareResults(committed, grown))).not.toThrow();
    (second!.samples as number[])[0]! += 1;
    const before = second!.samples[0]! - 1;
    expect(() => refuseGrowth(compareResults(committed, grown))).toThrow(
      expect.objectContaining({
        kind: 'refused',
        code: 'circuits-grew',
        details: { [labelText(grown.series[1]!.labels)]: `${before} -> ${before + 1}` },
      }),
    );
  });
});

describe('millrace bench simulate', () => {
  it('is near the committed pipeline, and ends with 3 where it is not', async () => {
    expect(await bench('simulate', '--validate', PIPELINE)).toMatchObject({ exitCode: 0 });

    const slow = JSON.parse(readFileSync(PIPELINE, 'utf8'));
    for (const { metrics } of slow.series) {
      metrics['queue, a job'].samples = metrics['queue, a job'].samples.map(() => 3);
    }
    const file = join(folder, 'slow.json');
    writeFileSync(file, JSON.stringify(slow));
    const { exitCode, stderr } = await bench('simulate', '--validate', file);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('simulation-off');
  });
});

describe('numbers on the command line', () => {
  it.each(['0', '-1', '1.5', '1,x', '', '100001'])('are whole and in range: not %j', (text) => {
    expect(() => numberList(text)).toThrow(/whole number/);
  });

  it.each(['0', '-1', 'x', ' ', 'Infinity'])('are above 0: not %j', (text) => {
    expect(() => decimal(text)).toThrow(/above 0/);
  });
});
