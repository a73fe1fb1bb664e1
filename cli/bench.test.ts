import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../prover/artifacts/artifact-folder.ts';
import { runCommand } from '../test/support/run-command.ts';
import { decimal, numberList } from './bench/numbers.ts';
import { registerBench } from './bench.ts';

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
