import { ZeroAddress } from 'ethers';
import { expect, test } from 'vitest';
import { startLocalL1 } from '../scripts/local-l1.ts';
import { EventFollower } from './event-follower.ts';
import { l1Provider } from './l1-connection.ts';

test('a chain that ends before the deployment is not the one of the deployment', async () => {
  const l1 = await startLocalL1();
  const provider = l1Provider(l1.url, l1.chainId);
  try {
    const startingAt = (startBlock: number) =>
      new EventFollower({ provider, address: ZeroAddress, startBlock, confirmations: 0 });
    await provider.send('anvil_mine', ['0x5']);
    const block = (await provider.getBlock(4))!;
    expect(await startingAt(5).origin()).toEqual({ blockNumber: 4, blockHash: block.hash });
    await expect(startingAt(100).origin()).rejects.toMatchObject({
      kind: 'refused',
      code: 'deployment-gone',
      details: { blockNumber: 99 },
    });
  } finally {
    provider.destroy();
    await l1.stop();
  }
});
