import { readFileSync } from 'node:fs';
import { cpuTicksOf, TICKS_PER_SECOND } from '../machine/cpu-time.ts';

/** What the processes of a rollup on one machine do. Where workers are loops in the node, they are part of `node`. */
export const ROLES = ['prover', 'worker', 'node', 'L1', 'Redis'] as const;
export type Role = (typeof ROLES)[number];
export type CpuByRole = Readonly<Record<Role, number>>;

/** The metric of its CPU seconds for each batch. */
export const cpuOf = (role: Role): string => `CPU of ${role}`;

/** The programs by their command lines, arguments ended by NUL; what they start has their role if it is none of these. */
const PROGRAMS: readonly (readonly [RegExp, Role])[] = [
  [/\/prover\/child\.ts\0/, 'prover'],
  [/\/prover\/local-worker\.ts\0/, 'worker'],
  [/\/scripts\/supervise\.mjs\0/, 'L1'],
  [/\0millrace-redis-guard\0/, 'Redis'],
];

/**
 * CPU seconds so far, user and system, of this process, which is the node, and of all that it started and that still run; in steps of
 * 10 ms. Linux alone tells.
 */
export function cpuByRole(): CpuByRole {
  const seconds: Record<Role, number> = { prover: 0, worker: 0, node: 0, L1: 0, Redis: 0 };
  const visit = (pid: number, inherited: Role): void => {
    try {
      const role = roleOf(pid) ?? inherited;
      seconds[role] += cpuTicksOf(pid) / TICKS_PER_SECOND;
      for (const child of childrenOf(pid)) visit(child, role);
    } catch (error) {
      // It has ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    }
  };
  visit(process.pid, 'node');
  return seconds;
}

function roleOf(pid: number): Role | undefined {
  const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  return PROGRAMS.find(([program]) => program.test(commandLine))?.[1];
}

/** Children that the main thread started, as Node and shells do (proc(5)). */
function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}
