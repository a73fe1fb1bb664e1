import { availableParallelism } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { proverThreads, THREADS_VARIABLE, threadsOfEach } from './threads.ts';

afterEach(() => vi.unstubAllEnvs());

it('takes what the environment says, or every CPU', () => {
  vi.stubEnv(THREADS_VARIABLE, undefined);
  expect(proverThreads()).toBe(availableParallelism());
  vi.stubEnv(THREADS_VARIABLE, '8');
  expect(proverThreads()).toBe(8);
});

it('shares them among workers, never less than one', () => {
  vi.stubEnv(THREADS_VARIABLE, '8');
  expect([1, 2, 3, 8, 9].map(threadsOfEach)).toEqual([8, 4, 2, 1, 1]);
});

it.each(['', '0', '1.5', 'two', '1025'])('refuses %j', (text) => {
  vi.stubEnv(THREADS_VARIABLE, text);
  expect(proverThreads).toThrow(expect.objectContaining({ code: 'bad-threads' }));
});
