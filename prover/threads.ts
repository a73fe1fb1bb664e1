import { availableParallelism } from 'node:os';
import { MillraceError } from '../protocol/error.ts';

/** Environment variable with the number of threads of each proof. It reaches the prover child. */
export const THREADS_VARIABLE = 'MILLRACE_PROVER_THREADS';
const MOST_THREADS = 1024;

/**
 * Threads that the native prover works with: what the environment says, else one for each CPU that this process may run on.
 * @throws {MillraceError} `input` / `bad-threads`
 */
export function proverThreads(): number {
  const text = process.env[THREADS_VARIABLE];
  if (text === undefined) return availableParallelism();
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new MillraceError('input', 'bad-threads', 'The number of prover threads is none', {
    details: { [THREADS_VARIABLE]: text },
    fix: `Set ${THREADS_VARIABLE} to a whole number from 1 to ${MOST_THREADS}, or not at all.`,
  });
}

/** Threads for each of several workers on this machine, at least 1 of them, so that they share its CPUs. */
export function threadsOfEach(workers: number): number {
  return Math.max(1, Math.floor(proverThreads() / workers));
}
