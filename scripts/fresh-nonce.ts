import type { JsonRpcProvider, Wallet } from 'ethers';

/**
 * Nonce of a wallet's next transaction, asked from the node itself: ethers answers from a cache for a quarter
 * of a second, in which a development chain mines several transactions.
 *
 * @param wallet connected to a JSON-RPC provider
 */
export async function freshNonce(wallet: Wallet): Promise<number> {
  const provider = wallet.provider as JsonRpcProvider;
  return Number(await provider.send('eth_getTransactionCount', [wallet.address, 'pending']));
}
