import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { MillraceError } from '../../protocol/error.ts';

/** Numbers of the CPUs that this process may run on, those that share a core with an earlier one at the end. */
export function usableCpus(): number[] {
  const allowed = allowedCpus();
  const first: number[] = [];
  const siblings: number[] = [];
  const cores = new Set<string>();
  for (const cpu of allowed) {
    const core = coreOf(cpu);
    (cores.has(core) ? siblings : first).push(cpu);
    cores.add(core);
  }
  return [...first, ...siblings];
}

/**
 * The command line that runs a program on `threads` CPUs, all backends on the same ones: a backend that starts more
 * threads than that gains nothing by it.
 *
 * @throws {MillraceError} `input` / `too-many-threads`
 */
export function onCpus(threads: number, command: readonly string[]): string[] {
  const usable = usableCpus();
  if (threads > usable.length) {
    throw new MillraceError('input', 'too-many-threads', `This machine has no ${threads} CPUs to run on`, {
      details: { usable: usable.length },
      fix: 'Ask for fewer threads.',
    });
  }
  if (threads === usable.length) return [...command];
  return ['taskset', '--cpu-list', usable.slice(0, threads).join(','), ...command];
}

/** From the kernel's list, such as `0-3,8`. */
function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readOr('/proc/self/status'))?.[1];
  if (list === undefined) return cpus().map((_, cpu) => cpu);
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

/** A name that the CPUs of one core share. */
function coreOf(cpu: number): string {
  return readOr(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`).trim() || String(cpu);
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
