import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../protocol/error.ts';
import { type PackedInput, packInput } from '../../prover/witness-input.ts';
import type { DemoReport } from '../../scripts/demo/report.ts';
import { type DemoOptions, nodeStep, PROVING_STEP, runDemo } from '../../scripts/demo/run-demo.ts';
import { type CpuByRole, cpuByRole, ROLES } from './cpu-by-role.ts';

/** Of this process, seconds. */
interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

/** A run of the demo with what it does not tell itself. */
export interface WholeRun {
  readonly report: DemoReport;
  /** The batches as the provers got them, in their order. */
  readonly inputs: readonly PackedInput[];
  /** From the first deposit, when all had started, to the last finality. */
  readonly cpu: CpuByRole;
  /** What this process, the node, used while batches were proven: CPU seconds, and the time that it took. */
  readonly node: Cost;
  /** Share of a CPU that it uses when there is nothing to do. */
  readonly idle: number;
}

/** How long a node without work is watched, ms. */
const IDLE_MS = 3_000;
/** Processes that use less CPU than this in that time have started. */
const POLL_MS = 500;
const AT_REST_SECONDS = 0.05;

/**
 * Runs the demo with all its checks: a run whose balances are not those of plain arithmetic is refused.
 *
 * @throws {MillraceError} as {@link runDemo}; `internal` / `demo-failed`
 */
export async function runWhole(
  options: Omit<DemoOptions, 'takeInput'>,
  say: (line: string) => void,
): Promise<WholeRun> {
  await using resources = new AsyncDisposableStack();
  const inputs: Promise<PackedInput>[] = [];
  let [before, after]: (CpuByRole | undefined)[] = [];
  let node: Cost = { cpu: 0, wall: 0 };
  const report = await runDemo(
    { ...options, takeInput: (input) => inputs.push(packInput(input)) },
    async (title, step) => {
      say(`    ${title}`);
      const [result, cost] = await costOf(() => step(() => undefined));
      if (title === nodeStep(options.workers)) {
        await untilWorkersRest();
        before = cpuByRole();
      } else if (title === PROVING_STEP) {
        after = cpuByRole();
        node = cost;
      }
      return result;
    },
    resources,
  );
  const failed = report.checks.filter(({ ok }) => !ok);
  if (failed.length > 0) {
    throw new MillraceError('internal', 'demo-failed', 'What came out is not what plain arithmetic says', {
      details: Object.fromEntries(failed.map(({ name, detail }) => [name, detail])),
    });
  }
  const [, { cpu, wall }] = await costOf(() => sleep(IDLE_MS));
  return {
    report,
    inputs: await Promise.all(inputs),
    cpu: difference(before!, after!),
    node,
    idle: cpu / wall,
  };
}

/** Loading their modules is no work on a batch. */
async function untilWorkersRest(): Promise<void> {
  for (let [seconds, last] = [cpuByRole().worker, -1]; seconds - last > AT_REST_SECONDS; ) {
    await sleep(POLL_MS);
    [last, seconds] = [seconds, cpuByRole().worker];
  }
}

function difference(before: CpuByRole, after: CpuByRole): CpuByRole {
  return Object.fromEntries(ROLES.map((role) => [role, after[role] - before[role]])) as CpuByRole;
}

async function costOf<T>(work: () => Promise<T>): Promise<[result: T, cost: Cost]> {
  const [cpuBefore, startedAt] = [process.cpuUsage(), performance.now()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return [result, { cpu: (user + system) / 1e6, wall: (performance.now() - startedAt) / 1000 }];
}
