import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { LOCAL_CHAINS } from '../../protocol/local-chains.ts';

/**
 * The tokens of a deployment whose ops cost their senders nothing, and so may crowd out others': those without a least fee.
 * None on a local chain.
 * @param minimumFees units by token id
 * @returns token ids
 */
export function tokensWithoutFee(
  { chainId, tokens }: Pick<DeployManifest, 'chainId' | 'tokens'>,
  minimumFees: ReadonlyMap<number, bigint>,
): number[] {
  if (LOCAL_CHAINS.has(chainId)) return [];
  return tokens.map(({ id }) => id).filter((id) => (minimumFees.get(id) ?? 0n) === 0n);
}
