import hre from 'hardhat';

/** Compiles the contracts, if anything changed, and starts a chain within this process. Close it at the end. */
export async function hardhatChain() {
  await hre.tasks.getTask('build').run({ quiet: true, noTests: true });
  return hre.network.create();
}

export type HardhatChain = Awaited<ReturnType<typeof hardhatChain>>;
