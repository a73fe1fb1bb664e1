import { Contract, type JsonRpcProvider, type Wallet } from 'ethers';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { isLoopback } from '../aggregator/l1-connection.ts';
import { verifyingKeyHash, verifyingKeyOnL1 } from '../aggregator/verifying-key.ts';
import { CONTRACT_ID, type DeploymentPlan, rollupModule } from '../ignition/rollup.ts';
import { type DeployManifest, ETH_ADDRESS, parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { domain } from '../protocol/domain.ts';
import { MillraceError } from '../protocol/error.ts';
import { LOCAL_CHAINS } from '../protocol/local-chains.ts';
import type { Shape } from '../protocol/shape.ts';
import { genesisRoot } from '../protocol/state.ts';
import type { VerificationKey } from '../prover/proof.ts';
import { type MinedTransaction, runDeployment } from './run-deployment.ts';

const ETH = { id: 1, symbol: 'ETH', address: ETH_ADDRESS, decimals: 18, unitExponent: 9 };

/** A key to deploy a verifier for. */
export interface DeployKey {
  readonly verificationKey: VerificationKey;
  /** Id of the artifact manifest that the key belongs to. */
  readonly manifestId: string;
  /** Whether the key comes from a dev setup. */
  readonly devKeys: boolean;
}

/** The key of a shape's batches. */
export interface DeployShape extends DeployKey {
  readonly shape: Shape;
}

/** An ERC-20 token to register. */
export type DeployToken = Omit<DeployManifest['tokens'][number], 'id'>;

export interface DeployOptions {
  /** Pays, and becomes the rollup's operator. Connected to the provider of the chain to deploy to. */
  readonly operator: Wallet;
  /** The verifiers in the order of their shape ids; all of one depth. */
  readonly shapes: readonly DeployShape[];
  /** Registered in this order, with ids from 2; ETH is id 1 by itself. */
  readonly tokens: readonly DeployToken[];
  /** Key of the exit circuit of the shapes' depth. */
  readonly exit: DeployKey;
  /** Seconds within which an L1 op has to be in a committed batch. */
  readonly l1Deadline: number;
  /** Seconds within which a committed batch has to be proven. */
  readonly proofDeadline: number;
  /**
   * Folder that remembers what was done: a deployment with the same options goes on where an earlier one was killed.
   * Without it nothing is kept.
   */
  readonly journal?: string;
  /** Lets a chain that is not local have verifiers whose keys come from a dev setup: whoever made them can steal all funds. */
  readonly allowDevKeys?: boolean;
}

/**
 * Deploys the verifiers and the rollup, registers the tokens, and checks that what is on L1 is what was meant.
 *
 * @returns the deployment manifest
 * @throws {MillraceError} `refused/dev-keys`, `refused/key-mismatch`, `input/mixed-depths`, and what
 *   {@link runDeployment} throws
 */
export async function deployRollup(options: DeployOptions): Promise<DeployManifest> {
  const { operator, shapes, exit, tokens, l1Deadline, proofDeadline } = options;
  const provider = operator.provider as JsonRpcProvider;
  const chainId = Number((await provider.getNetwork()).chainId);
  const devKeys = [...shapes, exit].some((key) => key.devKeys);
  if (devKeys && !options.allowDevKeys) refuseDevKeysOffLocal(provider, chainId);
  const depth = commonDepth(shapes);

  const plan = planOf(options, depth);
  const { addresses, transactions } = await runDeployment(rollupModule(plan), operator, options.journal);
  const addressOf = (id: string): string => addresses.get(id)!;
  const rollup = addressOf(CONTRACT_ID.rollup);
  const verifiers = shapes.map((_, shapeId) => addressOf(CONTRACT_ID.verifier(shapeId)));
  const exitVerifier = addressOf(CONTRACT_ID.exitVerifier);
  for (const [place, { verificationKey }] of [...shapes, exit].entries()) {
    await assertKey(provider, verifiers[place] ?? exitVerifier, verificationKey);
  }
  const ids = await tokenIds(provider, rollup, tokens);
  const { interface: abi } = contractArtifact('Millrace');
  const creation = (address: string): MinedTransaction =>
    transactions.find(({ receipt }) => receipt.contractAddress === address)!;
  const registration = ({ address, unitExponent }: DeployToken): MinedTransaction => {
    const data = abi.encodeFunctionData('registerToken', [address, unitExponent]);
    return transactions.find(({ sent }) => sent.to === rollup && sent.data === data)!;
  };

  return parseDeployManifest({
    format: 'millrace-deployment-1',
    chainId,
    rollup,
    block: creation(rollup).receipt.blockNumber,
    domain: String(domain(BigInt(chainId), rollup)),
    operator: operator.address,
    depth,
    genesisRoot: String(genesisRoot(depth)),
    l1Deadline,
    proofDeadline,
    exit: {
      verifier: exitVerifier,
      vkHash: verifyingKeyHash(exit.verificationKey),
      manifestId: exit.manifestId,
    },
    tokens: [ETH, ...tokens.map((token, place) => ({ id: ids[place]!, ...token }))],
    shapes: shapes.map(({ shape, verificationKey, manifestId }, shapeId) => ({
      name: shape.name,
      shapeId,
      n2: shape.n2,
      n1: shape.n1,
      m: shape.m,
      ...(shape.blob ? { blob: shape.blob } : {}),
      verifier: verifiers[shapeId]!,
      vkHash: verifyingKeyHash(verificationKey),
      manifestId,
    })),
    transactions: [
      ...shapes.map(({ shape }, id) => ({ purpose: `verifier ${shape.name}`, ...creation(verifiers[id]!) })),
      { purpose: 'verifier of exits', ...creation(exitVerifier) },
      { purpose: 'rollup', ...creation(rollup) },
      ...tokens.map((token) => ({ purpose: `token ${token.symbol}`, ...registration(token) })),
    ].map(({ purpose, receipt }) => ({ purpose, hash: receipt.hash })),
    compiler: contractArtifact('Millrace').compiler,
    devKeys,
  } satisfies DeployManifest);
}

function planOf(options: DeployOptions, depth: number): DeploymentPlan {
  const { operator, shapes, exit, tokens, l1Deadline, proofDeadline } = options;
  return {
    operator: operator.address,
    genesisRoot: genesisRoot(depth),
    depth,
    shapes: shapes.map(({ shape: { n2, n1, m, blob = false }, verificationKey }) => {
      return { n2, n1, m, blob, key: verifyingKeyOnL1(verificationKey) };
    }),
    exitKey: verifyingKeyOnL1(exit.verificationKey),
    l1Deadline,
    proofDeadline,
    tokens,
  };
}

/** Compares the hash of the key that a verifier ended up with. */
async function assertKey(
  provider: JsonRpcProvider,
  address: string,
  verificationKey: VerificationKey,
): Promise<void> {
  const verifier = new Contract(address, contractArtifact('Groth16Verifier').interface, provider);
  const onL1 = String(await verifier.getFunction('vkHash').staticCall());
  const ours = verifyingKeyHash(verificationKey);
  if (onL1 === ours) return;
  throw new MillraceError('refused', 'key-mismatch', 'The verifier on L1 has another key than it was given', {
    details: { verifier: address, expected: ours, found: onL1 },
    fix: 'Build the contracts anew (`npx hardhat build --no-tests --force`) and deploy again.',
  });
}

/** The ids that the rollup gave the tokens. */
async function tokenIds(
  provider: JsonRpcProvider,
  rollup: string,
  tokens: readonly DeployToken[],
): Promise<number[]> {
  const contract = new Contract(rollup, contractArtifact('Millrace').interface, provider);
  const ids: number[] = [];
  for (const { address } of tokens)
    ids.push(Number(await contract.getFunction('tokenId').staticCall(address)));
  return ids;
}

function refuseDevKeysOffLocal(provider: JsonRpcProvider, chainId: number): void {
  if (LOCAL_CHAINS.has(chainId) && isLoopback(provider)) return;
  throw new MillraceError(
    'refused',
    'dev-keys',
    'Keys from a dev setup are for local chains: their maker can forge proofs',
    {
      details: { chainId, host: new URL(provider._getConnection().url).host },
      fix: 'Make keys with `millrace ceremony`, or pass --allow-dev-keys for a test without value.',
    },
  );
}

function commonDepth(shapes: readonly DeployShape[]): number {
  const depths = [...new Set(shapes.map(({ shape }) => shape.depth))];
  const [depth] = depths;
  if (depth !== undefined && depths.length === 1) return depth;
  throw new MillraceError(
    'input',
    'mixed-depths',
    'The shapes of a rollup are of one depth, and at least one is needed',
    {
      details: { depths },
      fix: 'Name shapes of the same depth.',
    },
  );
}
