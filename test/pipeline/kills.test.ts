import { describe, it } from 'vitest';
import { runWithFaults } from '../support/kill-run.ts';

const SEED = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 2 ** 32);

describe(`the pipeline under SIGKILL (MILLRACE_TEST_SEED=${SEED})`, () => {
  it('finalizes every acknowledged op once, though a prover and the node die at work', {
    timeout: 300_000,
  }, async () => {
    await runWithFaults({
      seed: SEED,
      localWorkers: 2,
      redis: 'private',
      faults: ['prover', 'node'],
      maxPauseMs: 3_000,
    });
  });
});
