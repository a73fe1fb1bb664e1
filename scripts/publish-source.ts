import { fileURLToPath } from 'node:url';
import { verifyContract } from '@nomicfoundation/hardhat-verify/verify';
import { Contract, type Provider } from 'ethers';
import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import config from '../hardhat.config.ts';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';

export interface PublishOptions {
  /** A network of hardhat.config.ts. */
  readonly network: string;
  readonly rpcUrl: string;
  /** Another explorer with Etherscan's API, version 2; default: Etherscan. */
  readonly apiUrl?: string;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Gives the contracts' source to an explorer, which compiles it and compares the code. The constructors' arguments follow
 * from the manifest and from the verifiers themselves. The API key comes from `ETHERSCAN_API_KEY` or Hardhat's keystore.
 *
 * @throws {MillraceError} `refused/source-not-published` with what the explorer says
 */
export async function publishSource(
  deployment: DeployManifest,
  provider: Provider,
  { network, rpcUrl, apiUrl }: PublishOptions,
): Promise<void> {
  const { rollup, operator, genesisRoot, depth, shapes, l1Deadline, proofDeadline, exit } = deployment;
  const hre = await createHardhatRuntimeEnvironment(
    {
      ...config,
      // The key of the operator is not needed, and may be in a file.
      networks: { ...config.networks, [network]: { type: 'http', chainType: 'l1', url: rpcUrl } },
      ...(apiUrl === undefined
        ? {}
        : { chainDescriptors: { [deployment.chainId]: explorer(network, apiUrl) } }),
    },
    // The profile with our settings; hardhat-verify would take one that is for production and has Hardhat's own.
    { network, buildProfile: 'default', config: `${ROOT}hardhat.config.ts` },
    ROOT,
  );
  const verifiers = [...new Set([...shapes.map(({ verifier }) => verifier), exit.verifier])];
  const contracts: [name: string, address: string, constructorArgs: unknown[]][] = [];
  for (const address of verifiers) {
    const verifier = new Contract(address, contractArtifact('Groth16Verifier').interface, provider);
    const key: unknown = await verifier.getFunction('verifyingKey').staticCall();
    contracts.push(['Groth16Verifier', address, [key]]);
  }
  const configs = shapes.map(({ verifier, n2, n1, m, blob = false }) => ({ verifier, n2, n1, m, blob }));
  const args = [operator, genesisRoot, depth, configs, l1Deadline, proofDeadline, exit.verifier];
  contracts.push(['Millrace', rollup, args]);
  for (const [name, address, constructorArgs] of contracts) {
    try {
      await verifyContract({ address, constructorArgs, contract: `contracts/${name}.sol:${name}` }, hre);
    } catch (cause) {
      throw new MillraceError('refused', 'source-not-published', 'The explorer does not take the source', {
        details: { contract: name, address, reason: cause instanceof Error ? cause.message : String(cause) },
        fix: 'Set ETHERSCAN_API_KEY, or run `npx hardhat keystore set ETHERSCAN_API_KEY`; a new contract may need a minute to be known. Then run `millrace deploy` with --verify again.',
        cause,
      });
    }
  }
}

function explorer(name: string, apiUrl: string) {
  return { name, chainType: 'l1' as const, blockExplorers: { etherscan: { name, url: apiUrl, apiUrl } } };
}
