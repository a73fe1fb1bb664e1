import { ContractFactory, type Wallet } from 'ethers';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { contractRefusal } from '../aggregator/contract-error.ts';
import { MillraceError } from '../protocol/error.ts';
import { freshNonce } from './fresh-nonce.ts';

/** A contract that is on L1 now. */
export interface Deployed {
  readonly address: string;
  readonly block: number;
  /** Of the transaction, 0x + 64 hex. */
  readonly hash: string;
}

/**
 * Deploys a compiled contract and waits for its block.
 *
 * @param name of the contract; @param file under `contracts/`, where it is not `name.sol`
 * @param signer pays; connected to a provider
 * @throws {MillraceError} `refused/l1-...` with the constructor's refusal, `refused/deployment-failed`
 */
export async function deployContract(
  signer: Wallet,
  { name, file }: { name: string; file?: string },
  args: readonly unknown[],
): Promise<Deployed> {
  const artifact = contractArtifact(name, file);
  const factory = new ContractFactory(artifact.interface, artifact.bytecode, signer);
  try {
    const contract = await factory.deploy(...args, { nonce: await freshNonce(signer) });
    const receipt = await contract.deploymentTransaction()?.wait();
    if (receipt?.contractAddress == null) throw new Error('no receipt');
    return { address: receipt.contractAddress, block: receipt.blockNumber, hash: receipt.hash };
  } catch (cause) {
    throw (
      contractRefusal(cause, artifact.interface) ??
      new MillraceError('refused', 'deployment-failed', `The contract ${name} was not deployed`, {
        details: { reason: cause instanceof Error ? cause.message.slice(0, 300) : String(cause) },
        fix: 'Check the RPC URL, and that the account has ETH for gas.',
        cause,
      })
    );
  }
}
