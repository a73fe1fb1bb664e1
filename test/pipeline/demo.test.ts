import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DemoReport } from '../../scripts/demo/report.ts';
import { Premises } from '../support/premises.ts';

const MILLRACE = fileURLToPath(new URL('../../millrace', import.meta.url));
const PATIENCE = { timeout: 150_000 };
const ALICE = `0x${'a1'.repeat(20)}`;
const BOB = `0x${'b2'.repeat(20)}`;
const TX = `0x${'11'.repeat(32)}`;
const HEADER = 'tx_hash,from,to,token,decimals,amount';
/** A transfer to an account that it creates, one that is rounded down, and two that cannot be carried out. */
const TRANSFERS = [
  HEADER,
  `${TX},${ALICE},${BOB},ETH,18,2500000000000000000`,
  `${TX},${BOB},${ALICE},ETH,18,1000000000000000001`,
  'not,a,transfer',
  `${TX},${ALICE},${BOB},ETH,18,999999999`,
].join('\n');

let premises: Premises;
let files: string;

beforeEach(async () => {
  premises = await Premises.open();
  files = await mkdtemp(join(tmpdir(), 'millrace-demo-test-'));
});

afterEach(async () => {
  await premises.close();
  await rm(files, { recursive: true });
});

interface Demo {
  readonly child: ChildProcess;
  /** Path of the report that it is to write. */
  readonly report: string;
  /** All that it has printed so far. */
  readonly printed: { stdout: string; stderr: string };
  readonly exited: Promise<number | null>;
}

/** Starts `millrace demo` as a user would, on these transfers. */
async function startDemo(transfers: string): Promise<Demo> {
  const [csv, report] = [join(files, 'transfers.csv'), join(files, 'report.json')];
  await writeFile(csv, transfers);
  const args = ['demo', '--shape', 'tiny', '--transfers', csv, '--json', report];
  const child = spawn(MILLRACE, args, { env: premises.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (text) => {
      printed[stream] += String(text);
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, report, printed, exited };
}

describe('millrace demo', () => {
  it(
    'takes transfers to a finalized state, says what it left out, and leaves nothing behind',
    PATIENCE,
    async () => {
      const demo = await startDemo(TRANSFERS);
      const exitCode = await demo.exited;
      expect(exitCode, demo.printed.stderr).toBe(4);
      expect(demo.printed.stdout).toContain('2 lines were skipped');
      expect(await premises.leftovers()).toEqual([]);

      const report = JSON.parse(await readFile(demo.report, 'utf8')) as DemoReport;
      expect(report.checks.map(({ name }) => name)).toEqual([
        'balances',
        'withdrawals',
        'state root',
        'L1 queue',
      ]);
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(report).toMatchObject({
        input: { lines: 4, transfers: 2, tokens: ['ETH'], accounts: 3 },
        shape: { name: 'tiny', n2: 5, n1: 3, m: 6, depth: 8 },
        setup: { reused: true, kind: 'dev' },
        workers: 2,
        queue: 'private-redis',
        ops: { deposits: 2, transfers: 1, transfersToNew: 1, withdrawals: 2 },
        roundedDown: [{ token: 'ETH', transfers: 1, smallestUnits: '1' }],
        skipped: [
          { line: 4, reason: expect.stringContaining('malformed') },
          { line: 5, reason: expect.stringContaining('below one unit') },
        ],
      });
      expect(sum(report.batches.map(({ l1Ops }) => l1Ops))).toBe(2);
      expect(sum(report.batches.map(({ signedOps }) => signedOps))).toBe(4);
      for (const { transaction, worker, proveMs } of report.batches) {
        expect(transaction).toMatch(/^0x[0-9a-f]{64}$/);
        expect(worker).not.toBe('');
        expect(proveMs).toBeGreaterThan(0);
      }
    },
  );

  it.each([
    ['starts its L1', 'Local L1 with tokens, verifier and rollup'],
    ['starts its node', 'Node and 2 workers'],
    ['proves', 'Batches proven and finalized on L1'],
  ])('ends every child at Ctrl-C while it %s', PATIENCE, async (_, step) => {
    const demo = await startDemo(TRANSFERS);
    await vi.waitUntil(() => demo.printed.stdout.includes(`❯ ${step}`), { timeout: 60_000, interval: 20 });
    demo.child.kill('SIGINT');
    expect(await demo.exited).toBe(130);
    expect(demo.printed.stderr).toContain('ending what the demo started ...');
    expect(demo.printed.stderr).not.toContain('millrace:');
    expect(await premises.leftovers()).toEqual([]);
    expect(existsSync(demo.report)).toBe(false);
  });

  it('refuses a file with other columns before it starts anything', PATIENCE, async () => {
    const demo = await startDemo('from,to,amount\n1,2,3\n');
    expect(await demo.exited).toBe(2);
    expect(demo.printed.stderr).toContain('bad-transfers-file');
    expect(demo.printed.stderr).toContain(HEADER);
    expect(demo.printed.stdout).toBe('');
    expect(await premises.leftovers()).toEqual([]);
    expect(existsSync(demo.report)).toBe(false);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
