import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import type { MachineLoad } from '../result.ts';
import { childrenCpuTicks, TICKS_PER_SECOND } from './cpu-time.ts';

/** Above these a run is called noisy. */
const MOST_OTHERS = 0.1;
const MOST_STEAL = 0.02;

/** Watches what else runs on the machine, from its making to `end`. */
export class LoadWatch {
  readonly #before = loadavg()[0] ?? 0;
  readonly #times = machineTimes();
  readonly #own = ownCpuSeconds();
  readonly #cpus: number;

  /** @param cpus of the machine */
  constructor(cpus: number) {
    this.#cpus = cpus;
  }

  /** To be called when every measured child has ended: only then is its time known to be ours. */
  end(): MachineLoad {
    const now = machineTimes();
    const total = Math.max(now.total - this.#times.total, 1 / TICKS_PER_SECOND);
    const busy = now.busy - this.#times.busy;
    const others = Math.max(0, busy - (ownCpuSeconds() - this.#own)) / total;
    return {
      before: this.#before,
      after: loadavg()[0] ?? 0,
      othersShare: others,
      stealShare: (now.steal - this.#times.steal) / total,
    };
  }

  /** What makes the times of a run doubtful, in sentences for its reader. */
  warnings({ before, othersShare, stealShare }: MachineLoad): string[] {
    const warnings: string[] = [];
    if (before > this.#cpus) {
      warnings.push(
        `The load before the run was ${before.toFixed(1)} on ${this.#cpus} CPUs: trust CPU seconds, not wall time.`,
      );
    }
    if (othersShare > MOST_OTHERS) {
      warnings.push(`Other programs used ${percent(othersShare)} of the machine during the run.`);
    }
    if (stealShare > MOST_STEAL) {
      warnings.push(`The hypervisor gave ${percent(stealShare)} of the CPU time to other machines.`);
    }
    return warnings;
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + childrenCpuTicks() / TICKS_PER_SECOND;
}

/** Seconds of all CPUs together since boot (proc(5), /proc/stat). */
function machineTimes(): { total: number; busy: number; steal: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) / TICKS_PER_SECOND);
  const busy = user + nice + system + irq + softirq;
  return { total: busy + idle + iowait + steal, busy, steal };
}
