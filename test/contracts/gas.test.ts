import { readFileSync, writeFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { afterAll, expect, test } from 'vitest';
import { proofOnL1 } from '../../aggregator/verifying-key.ts';
import { GasRollup } from '../../bench/gas/gas-rollup.ts';
import type { Shape } from '../../protocol/shape.ts';
import { type LocalL1, startLocalL1 } from '../../scripts/local-l1.ts';

/** The committed figures. `UPDATE_GAS=1 npm test -- test/contracts/gas` writes them anew: a rise is seen in review. */
const SNAPSHOT = new URL('gas.json', import.meta.url);
const SHAPE = { name: 'n64', n2: 64, n1: 8, m: 64, depth: 24 };
const OTHER = { ...SHAPE, name: 'n16', n2: 16 };
const GWEI = 10n ** 9n;

const resources = new AsyncDisposableStack();

afterAll(() => resources.disposeAsync());

/** Each on a chain of its own, so that the times of its blocks, which are in its calldata, are always the same. */
async function deploy(shapes: readonly Shape[]): Promise<{ l1: LocalL1; rollup: GasRollup }> {
  const l1 = await startLocalL1();
  resources.defer(() => l1.stop());
  const rollup = await GasRollup.deploy(l1, shapes);
  resources.defer(() => rollup.close());
  return { l1, rollup };
}

/** Gas of whole transactions. */
async function measure(): Promise<Record<string, number | undefined>> {
  const found: Record<string, number | undefined> = {};
  const { l1, rollup } = await deploy([SHAPE]);
  for (const count of [1, 8, 32]) {
    const batches = rollup.batches(count);
    found[`commitAndProveBatches, ${count} x 64 transfers`] = (await rollup.commitAndProve(batches))?.gas;
    const twoCalls = await rollup.commitThenProve(batches);
    found[`commitBatches, ${count} x 64 transfers`] = twoCalls?.commit.gas;
    found[`proveBatches, ${count} proofs`] = twoCalls?.prove.gas;
  }
  const { rollup: mixed } = await deploy([SHAPE, OTHER]);
  const eight = await mixed.commitAndProve(mixed.batches(8));
  found['commitAndProveBatches, 8 batches of two shapes'] = eight?.gas;
  return { ...found, ...(await measureUsers(l1, rollup)) };
}

/** What users call, and exit mode. */
async function measureUsers(l1: LocalL1, rollup: GasRollup): Promise<Record<string, number | undefined>> {
  const from = new Wallet(l1.privateKeys[1]!, rollup.provider);
  const value = 5n * GWEI;
  const deposit = await rollup.call('deposit', [1, value, 7], { from, value });
  const forcedExit = await rollup.call('requestForcedExit', [1, 2, 3], { from });
  await rollup.passTime(rollup.deployment.l1Deadline);
  const activate = await rollup.call('activateExitMode', [], { from });
  const owner = BigInt(from.address);
  const holding = owner | (1n << 160n) | (3n << 176n);
  const root = BigInt(rollup.deployment.genesisRoot);
  const proof = proofOnL1(rollup.exitKey.prove([root, 9n, holding]));
  const exit = await rollup.call('exit', [9, from.address, 1, 3, proof], { from });
  return {
    deposit: deposit?.gas,
    requestForcedExit: forcedExit?.gas,
    activateExitMode: activate?.gas,
    exit: exit?.gas,
  };
}

test('no call costs more than it did', async () => {
  const found = await measure();
  if (process.env.UPDATE_GAS !== undefined)
    writeFileSync(SNAPSHOT, `${JSON.stringify(found, undefined, 2)}\n`);
  const committed: Record<string, number> = JSON.parse(readFileSync(SNAPSHOT, 'utf8'));
  expect(Object.keys(found)).toEqual(Object.keys(committed));
  const risen = Object.entries(found).filter(([call, gas]) => gas === undefined || gas > committed[call]!);
  expect(risen, 'UPDATE_GAS=1 npm test -- test/contracts/gas writes the new figures').toEqual([]);
});
