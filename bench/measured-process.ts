import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { MillraceError } from '../protocol/error.ts';
import { childrenCpuTicks, TICKS_PER_SECOND } from './machine/cpu-time.ts';

export interface ProcessCost {
  /** From the start to the end, seconds. */
  readonly wall: number;
  /** User and system time of all its threads, seconds, in steps of 10 ms. */
  readonly cpu: number;
  /** Largest resident set, bytes. */
  readonly peakMemory: number;
}

/** A peak in the last moment before the end may be missed. */
const MEMORY_POLL_MS = 4;
const MAX_OUTPUT = 2_000;
const KIBIBYTE = 1024;

/**
 * Runs a program to its end and says what it cost, start included. No other child of this process may end meanwhile:
 * the kernel counts the CPU time of ended children together.
 *
 * @throws {MillraceError} `input` / `program-failed` when it cannot be started or does not end with exit code 0
 */
export async function measureProcess([program = '', ...args]: readonly string[]): Promise<ProcessCost> {
  const ticksBefore = childrenCpuTicks();
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-MAX_OUTPUT);
    });
  }
  let peakMemory = 0;
  const poll = setInterval(() => {
    peakMemory = Math.max(peakMemory, peakMemoryOf(child.pid));
  }, MEMORY_POLL_MS);
  try {
    const outcome = await new Promise<string | undefined>((resolve) => {
      child.on('error', ({ message }) => resolve(message));
      child.on('exit', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? code}`));
    });
    const wall = (performance.now() - startedAt) / 1000;
    const cpu = (childrenCpuTicks() - ticksBefore) / TICKS_PER_SECOND;
    if (outcome === undefined) return { wall, cpu, peakMemory };
    throw new MillraceError('input', 'program-failed', `A measured program failed: ${outcome}`, {
      details: { command: [program, ...args].join(' '), output: output.trim() },
      fix: 'Run the command by hand, and mend what it complains about.',
    });
  } finally {
    clearInterval(poll);
  }
}

/** The largest resident set of a running process so far, bytes; 0 if it is gone. */
function peakMemoryOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return KIBIBYTE * Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
