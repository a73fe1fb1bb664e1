import { readFileSync } from 'node:fs';

/** Of the times in /proc: fixed in Linux's interface to user space (USER_HZ). */
export const TICKS_PER_SECOND = 100;
/** Places in /proc/PID/stat after the program's name in parentheses (proc(5)). */
const CHILDREN_USER = 13;
const CHILDREN_SYSTEM = 14;

/** CPU time, user and system, of all child processes that have ended and of their own ended children. */
export function childrenCpuTicks(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM]);
}
