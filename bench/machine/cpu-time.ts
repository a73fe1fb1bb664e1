import { readFileSync } from 'node:fs';

/** Of the times in /proc: fixed in Linux's interface to user space (USER_HZ). */
export const TICKS_PER_SECOND = 100;
/** Places in /proc/PID/stat after the program's name in parentheses (proc(5)). */
const USER = 11;
const SYSTEM = 12;
const CHILDREN_USER = 13;
const CHILDREN_SYSTEM = 14;

/** CPU time, user and system, of all child processes that have ended and of their own ended children. */
export function childrenCpuTicks(): number {
  const fields = statFields('self');
  return Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM]);
}

/** CPU time, user and system, of all threads of one process, its children left out. @throws if it has ended */
export function cpuTicksOf(pid: number): number {
  const fields = statFields(pid);
  return Number(fields[USER]) + Number(fields[SYSTEM]);
}

function statFields(pid: number | 'self'): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
