import { describe, it } from 'vitest';
import { Random } from '../../scripts/random.ts';
import { FAULTS, type Fault } from '../support/faults.ts';
import { runWithFaults } from '../support/kill-run.ts';

const SEED = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 2 ** 32);
const ALL = Object.keys(FAULTS) as Fault[];
const ON_ONE_MACHINE = ALL.filter((fault) => fault !== 'flush');

describe(`the pipeline under random faults (MILLRACE_TEST_SEED=${SEED})`, () => {
  it('finalizes every acknowledged op once, with workers from outside on a shared Redis', async () => {
    await runWithFaults({
      seed: SEED,
      localWorkers: 1,
      workers: 1,
      redis: 'shared',
      faults: shuffled([...ALL, ...ALL, ...ALL, ...ALL]),
      maxPauseMs: 6_000,
    });
  });

  it('finalizes every acknowledged op once, with everything on one machine', async () => {
    await runWithFaults({
      seed: SEED,
      localWorkers: 2,
      redis: 'private',
      faults: shuffled([...ON_ONE_MACHINE, ...ON_ONE_MACHINE, ...ON_ONE_MACHINE, ...ON_ONE_MACHINE]),
      maxPauseMs: 6_000,
    });
  });
});

/** The faults in an order that follows from the seed. */
function shuffled(faults: readonly Fault[]): Fault[] {
  const random = new Random(SEED);
  return faults
    .map((fault) => ({ fault, place: random.below(2 ** 32) }))
    .sort((a, b) => a.place - b.place)
    .map(({ fault }) => fault);
}
