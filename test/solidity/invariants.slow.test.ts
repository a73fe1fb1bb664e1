import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
/** Sequences of 80 calls: 104,000 calls in all. */
const RUNS = '1300';

test('the invariants hold over a hundred thousand calls', { timeout: 3 * 3_600_000 }, () => {
  const args = [
    'test',
    'solidity',
    'test/solidity/Invariants.t.sol',
    // Named too, or the runner does not know the contract whose functions it is to call.
    'test/solidity/support/RollupActions.sol',
  ];
  const run = spawnSync(join(ROOT, 'node_modules', '.bin', 'hardhat'), args, {
    cwd: ROOT,
    env: { ...process.env, MILLRACE_INVARIANT_RUNS: RUNS },
    encoding: 'utf8',
  });
  expect(run.status, run.stdout + run.stderr).toBe(0);
  expect(run.stdout).toContain(`runs: ${RUNS}`);
});
