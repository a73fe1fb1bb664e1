import { Contract, JsonRpcProvider, toQuantity, Wallet } from 'ethers';
import { contractArtifact } from '../../aggregator/contract-artifacts.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { MillraceError } from '../../protocol/error.ts';
import type { ExitArtifacts, ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';
import { type DeployToken, deployRollup } from '../deploy.ts';
import { deployContract } from '../deploy-contract.ts';
import { L1User } from '../l1-user.ts';
import { type LocalL1, startLocalL1 } from '../local-l1.ts';
import type { TokenOfFile } from './transfers-csv.ts';

/** The demo's L1: a local chain with the rollup, the file's tokens, and one rich account that deposits for everybody. */
export interface DemoL1 {
  readonly chain: LocalL1;
  readonly provider: JsonRpcProvider;
  readonly deployment: DeployManifest;
  /** Rollup token ids by symbol. */
  readonly tokenIds: ReadonlyMap<string, number>;
  readonly operatorKey: string;
  readonly depositor: L1User;
  /** Ends the chain. */
  stop(): Promise<void>;
}

/** 2^120 wei, and as many smallest units of each token: more than any file can ask for. */
const RICHES = 1n << 120n;
const DEADLINE_SECONDS = 24 * 3600;

/**
 * Starts a local L1 and deploys tokens, verifiers and rollup on it.
 * @param tokens the tokens of the transfer file; ETH is there by itself
 * @param artifacts of the shapes that get a verifier; @param exit of their depth
 */
export async function startDemoL1(
  tokens: Iterable<TokenOfFile>,
  artifacts: readonly ShapeArtifacts[],
  exit: ExitArtifacts,
): Promise<DemoL1> {
  const chain = await startLocalL1();
  const provider = new JsonRpcProvider(chain.url, chain.chainId, {
    staticNetwork: true,
    pollingInterval: 100,
    // A balance read before and after a transaction must not come from memory.
    cacheTimeout: -1,
  });
  try {
    const [operatorKey, depositorKey] = chain.privateKeys as [string, string];
    const operator = new Wallet(operatorKey, provider);
    const depositor = new Wallet(depositorKey, provider);
    await provider.send('hardhat_setBalance', [depositor.address, toQuantity(RICHES)]);
    const erc20: DeployToken[] = [];
    for (const { symbol, decimals, unitExponent } of tokens) {
      if (symbol === 'ETH') continue;
      erc20.push({ symbol, decimals, unitExponent, address: await deployToken(depositor, symbol, decimals) });
    }
    const shapes = artifacts.map((ofShape) => {
      const { manifest, manifestId, vkey: verificationKey } = ofShape;
      return { shape: manifest.shape, verificationKey, manifestId, devKeys: isDev(ofShape) };
    });
    const deployment = await deployRollup({
      operator,
      shapes,
      tokens: erc20,
      exit: { verificationKey: exit.vkey, manifestId: exit.manifestId, devKeys: isDev(exit) },
      l1Deadline: DEADLINE_SECONDS,
      proofDeadline: DEADLINE_SECONDS,
    });
    const tokenIds = new Map(deployment.tokens.map(({ symbol, id }) => [symbol, id]));
    return {
      chain,
      provider,
      deployment,
      tokenIds,
      operatorKey,
      depositor: new L1User(depositor, deployment),
      stop: async () => {
        provider.destroy();
        await chain.stop();
      },
    };
  } catch (error) {
    provider.destroy();
    await chain.stop();
    throw error;
  }
}

function isDev({ manifest }: ShapeArtifacts | ExitArtifacts): boolean {
  return manifest.setup.kind === 'dev';
}

/** Deploys a token that anyone can mint, and mints plenty of it for `owner`. */
async function deployToken(owner: Wallet, symbol: string, decimals: number): Promise<string> {
  const artifact = { name: 'TestToken', file: 'test/TestToken.sol' };
  const { address } = await deployContract(owner, artifact, [`Demo ${symbol}`, symbol, decimals]);
  const token = new Contract(address, contractArtifact(artifact.name, artifact.file).interface, owner);
  const sent = await token.getFunction('mint').send(owner.address, RICHES);
  await sent.wait();
  return address;
}

/** What an L1 address holds: wei, or smallest units of an ERC-20 token. */
export async function l1Balance(
  { provider, deployment }: DemoL1,
  owner: string,
  tokenId: number,
): Promise<bigint> {
  const token = deployment.tokens.find(({ id }) => id === tokenId);
  if (!token)
    throw new MillraceError('internal', 'unknown-token', 'The rollup has no such token', {
      details: { tokenId },
    });
  if (token.symbol === 'ETH') return provider.getBalance(owner);
  const contract = new Contract(
    token.address,
    ['function balanceOf(address) view returns (uint256)'],
    provider,
  );
  return (await contract.getFunction('balanceOf').staticCall(owner)) as bigint;
}
