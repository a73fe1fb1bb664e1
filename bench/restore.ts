import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import type { Shape } from '../protocol/shape.ts';
import { restoreRollup } from '../restore/restore-rollup.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { GrowingRollup } from './restore/growing-rollup.ts';
import { type BenchResult, measured, runBenchmark, type Series } from './result.ts';

export interface RestoreBenchOptions {
  /** Batches after which the state is restored, rising. */
  readonly batches: readonly number[];
  /** Transfers in each batch. */
  readonly transfers: number;
  readonly repeat: number;
  readonly command: string;
  readonly say: (line: string) => void;
}

const DEPTH = 24;

/**
 * Measures how fast the state of a rollup is rebuilt from L1 alone, into an empty folder, by the code of `millrace restore`: every
 * signed op applied, every header made anew, the root compared with the contract's. CPU seconds are those of the restoring process; the
 * L1 node is another one on the same machine.
 */
export function benchRestore(options: RestoreBenchOptions): Promise<BenchResult> {
  const { batches, transfers, repeat, command, say } = options;
  return runBenchmark({ benchmark: 'restore', command }, async () => {
    const shape = { name: `n${transfers}`, n2: transfers, n1: transfers, m: transfers, depth: DEPTH };
    const l1 = await startLocalL1();
    try {
      const rollup = await GrowingRollup.start(l1, shape);
      const series: Series[] = [];
      for (const count of [...batches].sort((a, b) => a - b)) {
        say(`${count} batches of ${transfers} transfers`);
        // The first batch has the deposits.
        await rollup.growTo(1 + count);
        const runs: RestoreCost[] = [];
        for (let i = 0; i < repeat; i++) runs.push(await restoreOnce(l1, rollup));
        series.push({ labels: { batches: count, transfers }, metrics: metricsOf(runs) });
      }
      rollup.close();
      return { series, notes: [notes(shape)] };
    } finally {
      await l1.stop();
    }
  });
}

/** Seconds. */
interface RestoreCost {
  readonly cpu: number;
  readonly wall: number;
}

async function restoreOnce(l1: LocalL1, rollup: GrowingRollup): Promise<RestoreCost> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  try {
    const restored = await restoreRollup({
      rpcUrl: l1.url,
      rollup: rollup.deployment.rollup,
      fromBlock: rollup.deployment.block,
      folder,
      logger: pino({ level: 'silent' }),
      signal: new AbortController().signal,
    });
    const wall = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const { state, finalizedNumber } = restored;
    restored.close();
    if (state.root !== rollup.root || finalizedNumber !== rollup.batches) {
      throw new MillraceError('internal', 'restore-differs', 'What was restored is not what was finalized', {
        details: { batches: rollup.batches, restored: finalizedNumber },
      });
    }
    return { cpu: (user + system) / 1e6, wall };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function metricsOf(runs: readonly RestoreCost[]): Series['metrics'] {
  return {
    cpu: measured(
      's',
      runs.map(({ cpu }) => cpu),
    ),
    wall: measured(
      's',
      runs.map(({ wall }) => wall),
    ),
  };
}

function notes({ n2, m }: Shape): string {
  return `${m} accounts; full batches of ${n2} transfers between them, 2^${DEPTH} accounts, as calldata, eight batches a transaction; the L1 node is on the same machine.`;
}
