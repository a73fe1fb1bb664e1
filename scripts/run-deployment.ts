import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Artifact,
  type ArtifactResolver,
  type DeploymentResult,
  DeploymentResultType,
  deploy,
  type IgnitionModule,
  status,
  trackTransaction,
  wipe,
} from '@nomicfoundation/ignition-core';
import type { JsonRpcProvider, Transaction, TransactionReceipt, Wallet } from 'ethers';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { contractRefusal } from '../aggregator/contract-error.ts';
import { isLoopback, reasonOf } from '../aggregator/l1-connection.ts';
import { MillraceError } from '../protocol/error.ts';
import { LOCAL_CHAINS } from '../protocol/local-chains.ts';
import { DeploymentSigner } from './deployment-signer.ts';

/** Of a chain whose blocks do not go away, and of a node that nobody else asks. */
const LOCAL_CHAIN = { requiredConfirmations: 1 };
const LOCAL_NODE = { blockPollingInterval: 20 };
/** Ignition's file in the folder of a deployment. */
const JOURNAL_FILE = 'journal.jsonl';
/** Lines of it that say that what was sent before is not on L1, or does not count any more. */
const NOT_ON_L1 = new Set([
  'ONCHAIN_INTERACTION_DROPPED',
  'ONCHAIN_INTERACTION_REPLACED_BY_USER',
  'WIPE_APPLY',
]);

/** A transaction of a deployment with what came of it. */
export interface MinedTransaction {
  readonly sent: Transaction;
  readonly receipt: TransactionReceipt;
}

export interface RanDeployment {
  /** Address of each contract by its id in the module. */
  readonly addresses: ReadonlyMap<string, string>;
  /** In the order in which they were sent; the successful ones. */
  readonly transactions: readonly MinedTransaction[];
}

const ARTIFACTS: ArtifactResolver = {
  async loadArtifact(name) {
    return contractArtifact(name).file as unknown as Artifact;
  },
  async getBuildInfo() {
    return undefined; // the manifest says how the contracts were compiled
  },
};

/**
 * Runs an Ignition module to its end, or goes on with it where an earlier process with the same journal stopped,
 * wherever that was killed.
 *
 * @param wallet signs everything; connected to a JSON-RPC provider
 * @param journal folder of what was done; without one nothing outlives this process
 * @throws {MillraceError} `refused/l1-...` for a constructor's or call's refusal, `refused/deployment-changed` if the
 *   journal is of a module with other contents, `refused/deployment-lost` if it is of a chain that is no more,
 *   `refused/deployment-failed`
 */
export async function runDeployment(
  module: IgnitionModule,
  wallet: Wallet,
  journal?: string,
): Promise<RanDeployment> {
  const signer = new DeploymentSigner(wallet, journal);
  const { chainId } = await wallet.provider!.getNetwork();
  try {
    if (journal !== undefined && existsSync(join(journal, JOURNAL_FILE))) await pickUp(journal, signer);
    const result = await deploy({
      ignitionModule: module,
      provider: signer,
      artifactResolver: ARTIFACTS,
      deploymentParameters: {},
      accounts: [wallet.address],
      ...(journal === undefined ? {} : { deploymentDir: journal }),
      config: {
        ...(LOCAL_CHAINS.has(Number(chainId)) ? LOCAL_CHAIN : {}),
        ...(isLoopback(wallet.provider as JsonRpcProvider) ? LOCAL_NODE : {}),
      },
    });
    const addresses = addressesOf(result, signer);
    for (const address of addresses.values()) await assertThere(wallet, address);
    return { addresses, transactions: await mined(signer, wallet) };
  } catch (error) {
    throw error instanceof MillraceError ? error : failed(reasonOf(error), signer, error);
  }
}

/**
 * Tells Ignition of the transactions that were signed and that it does not know, sends them again if they did not get to
 * the node, and lets it begin anew what failed or was not sent: of that nothing is on L1.
 */
async function pickUp(journal: string, signer: DeploymentSigner): Promise<void> {
  const known = readFileSync(join(journal, JOURNAL_FILE), 'utf8');
  for (const { hash, serialized } of signer.transactions()) {
    if (known.includes(String(hash))) continue;
    // It may be on L1, or its nonce may be used up; either shows below.
    await signer.request({ method: 'eth_sendRawTransaction', params: [serialized] }).catch(() => undefined);
    if ((await signer.request({ method: 'eth_getTransactionByHash', params: [hash] })) === null) continue;
    await trackTransaction(journal, String(hash), signer);
  }
  const { failed, started } = await status(journal, ARTIFACTS);
  const sent = sentIn(journal);
  const unsent = started.filter((id) => !sent.has(id));
  for (const id of [...failed.map(({ futureId }) => futureId), ...unsent]) {
    await wipe(journal, ARTIFACTS, id);
  }
}

/** Ids of the module's parts that have a transaction which may be on L1. */
function sentIn(journal: string): Set<string> {
  const sent = new Set<string>();
  for (const line of readFileSync(join(journal, JOURNAL_FILE), 'utf8').split('\n')) {
    if (line === '') continue;
    const { type, futureId } = JSON.parse(line) as { type: string; futureId: string };
    if (type === 'TRANSACTION_SEND') sent.add(futureId);
    else if (NOT_ON_L1.has(type)) sent.delete(futureId);
  }
  return sent;
}

function addressesOf(result: DeploymentResult, signer: DeploymentSigner): Map<string, string> {
  switch (result.type) {
    case DeploymentResultType.SUCCESSFUL_DEPLOYMENT:
      return new Map(Object.values(result.contracts).map(({ id, address }) => [id, address]));
    case DeploymentResultType.RECONCILIATION_ERROR:
      throw new MillraceError(
        'refused',
        'deployment-changed',
        'A deployment with other contents was begun here',
        {
          details: { changed: result.errors },
          fix: 'Repeat the command as it was first given, or move the journal away to begin anew.',
        },
      );
    case DeploymentResultType.EXECUTION_ERROR: {
      const reasons = result.failed.map(({ futureId, error }) => `${futureId}: ${error}`);
      const waiting = result.timedOut.map(({ futureId }) => `${futureId}: not mined in time`);
      throw failed([...reasons, ...waiting].join('; '), signer);
    }
    default:
      throw failed(JSON.stringify(result.errors), signer);
  }
}

/** A journal outlives a development chain that forgets. */
async function assertThere(wallet: Wallet, address: string): Promise<void> {
  if ((await wallet.provider!.getCode(address)) !== '0x') return;
  throw new MillraceError(
    'refused',
    'deployment-lost',
    'The chain does not have what was deployed here before',
    {
      details: { address },
      fix: 'Check the RPC URL. If the chain was started anew, move the journal away to deploy again.',
    },
  );
}

/** What the contract said, if it was a contract, else what Ignition says. */
function failed(reason: string, signer: DeploymentSigner, cause?: unknown): MillraceError {
  const refusal = contractRefusal(signer.lastError, contractArtifact('Millrace').interface);
  if (refusal !== undefined && refusal.code !== 'l1-reverted') return refusal;
  return new MillraceError('refused', 'deployment-failed', 'The contracts were not deployed', {
    details: { reason: reason.slice(0, 500) },
    fix: 'Check the RPC URL, and that the account has ETH for gas; then give the command again: it goes on where it stopped.',
    cause,
  });
}

async function mined(signer: DeploymentSigner, wallet: Wallet): Promise<MinedTransaction[]> {
  const found: MinedTransaction[] = [];
  for (const sent of signer.transactions()) {
    const receipt = await wallet.provider!.getTransactionReceipt(String(sent.hash));
    if (receipt?.status === 1) found.push({ sent, receipt });
  }
  return found;
}
