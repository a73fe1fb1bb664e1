import { Contract, type JsonRpcProvider, type Wallet } from 'ethers';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { contractRefusal } from '../aggregator/contract-error.ts';
import { verifyingKeyHash, verifyingKeyOnL1 } from '../aggregator/verifying-key.ts';
import { type DeployManifest, ETH_ADDRESS, parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { domain } from '../protocol/domain.ts';
import { MillraceError } from '../protocol/error.ts';
import { LOCAL_CHAINS } from '../protocol/local-chains.ts';
import type { Shape } from '../protocol/shape.ts';
import { genesisRoot } from '../protocol/state.ts';
import type { VerificationKey } from '../prover/proof.ts';
import { deployContract } from './deploy-contract.ts';
import { freshNonce } from './fresh-nonce.ts';

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
  /** Lets a chain that is not local have verifiers whose keys come from a dev setup: whoever made them can steal all funds. */
  readonly allowDevKeys?: boolean;
}

/**
 * Deploys the verifiers and the rollup, registers the tokens, and checks that what is on L1 is what was meant.
 *
 * @returns the deployment manifest
 * @throws {MillraceError} `refused/dev-keys`, `refused/key-mismatch`, `input/mixed-depths`, and what
 *   {@link deployContract} throws
 */
export async function deployRollup(options: DeployOptions): Promise<DeployManifest> {
  const { operator, shapes, exit, tokens, l1Deadline, proofDeadline } = options;
  const provider = operator.provider as JsonRpcProvider;
  const chainId = Number((await provider.getNetwork()).chainId);
  const devKeys = [...shapes, exit].some((key) => key.devKeys);
  if (devKeys && !options.allowDevKeys) refuseDevKeysOffLocal(provider, chainId);
  const depth = commonDepth(shapes);

  const verifiers: { address: string; hash: string }[] = [];
  for (const { verificationKey } of shapes) verifiers.push(await deployVerifier(operator, verificationKey));
  const exitVerifier = await deployVerifier(operator, exit.verificationKey);
  const configs = shapes.map(({ shape: { n2, n1, m, blob = false } }, id) => ({
    verifier: verifiers[id]!.address,
    n2,
    n1,
    m,
    blob,
  }));
  const rollup = await deployContract(operator, { name: 'Millrace' }, [
    operator.address,
    genesisRoot(depth),
    depth,
    configs,
    l1Deadline,
    proofDeadline,
    exitVerifier.address,
  ]);

  const transactions = [
    ...verifiers.map(({ hash }, id) => ({ purpose: `verifier ${shapes[id]!.shape.name}`, hash })),
    { purpose: 'verifier of exits', hash: exitVerifier.hash },
    { purpose: 'rollup', hash: rollup.hash },
  ];
  const registered = [{ id: 1, symbol: 'ETH', address: ETH_ADDRESS, decimals: 18, unitExponent: 9 }];
  for (const token of tokens) {
    const { id, hash } = await registerToken(operator, rollup.address, token);
    registered.push({ id, ...token });
    transactions.push({ purpose: `token ${token.symbol}`, hash });
  }

  return parseDeployManifest({
    format: 'millrace-deployment-1',
    chainId,
    rollup: rollup.address,
    block: rollup.block,
    domain: String(domain(BigInt(chainId), rollup.address)),
    operator: operator.address,
    depth,
    genesisRoot: String(genesisRoot(depth)),
    l1Deadline,
    proofDeadline,
    exit: {
      verifier: exitVerifier.address,
      vkHash: verifyingKeyHash(exit.verificationKey),
      manifestId: exit.manifestId,
    },
    tokens: registered,
    shapes: shapes.map(({ shape, verificationKey, manifestId }, shapeId) => ({
      name: shape.name,
      shapeId,
      n2: shape.n2,
      n1: shape.n1,
      m: shape.m,
      ...(shape.blob ? { blob: shape.blob } : {}),
      verifier: verifiers[shapeId]!.address,
      vkHash: verifyingKeyHash(verificationKey),
      manifestId,
    })),
    transactions,
    compiler: contractArtifact('Millrace').compiler,
    devKeys,
  } satisfies DeployManifest);
}

/** Deploys a verifier and compares the hash of the key that it ended up with. */
async function deployVerifier(
  operator: Wallet,
  verificationKey: VerificationKey,
): Promise<{ address: string; hash: string }> {
  const { address, hash } = await deployContract(operator, { name: 'Groth16Verifier' }, [
    verifyingKeyOnL1(verificationKey),
  ]);
  const verifier = new Contract(address, contractArtifact('Groth16Verifier').interface, operator);
  const [onL1, ours] = [
    String(await verifier.getFunction('vkHash').staticCall()),
    verifyingKeyHash(verificationKey),
  ];
  if (onL1 === ours) return { address, hash };
  throw new MillraceError('refused', 'key-mismatch', 'The verifier on L1 has another key than it was given', {
    details: { verifier: address, expected: ours, found: onL1 },
    fix: 'Build the contracts anew (`npx hardhat build`) and deploy again.',
  });
}

async function registerToken(
  operator: Wallet,
  rollup: string,
  token: DeployToken,
): Promise<{ id: number; hash: string }> {
  const { interface: abi } = contractArtifact('Millrace');
  const contract = new Contract(rollup, abi, operator);
  try {
    const sent = await contract.getFunction('registerToken').send(token.address, token.unitExponent, {
      nonce: await freshNonce(operator),
    });
    const receipt = await sent.wait();
    const id = Number(await contract.getFunction('tokenId').staticCall(token.address));
    return { id, hash: receipt?.hash ?? sent.hash };
  } catch (error) {
    throw contractRefusal(error, abi) ?? error;
  }
}

function refuseDevKeysOffLocal(provider: JsonRpcProvider, chainId: number): void {
  const { hostname } = new URL(provider._getConnection().url);
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  if (LOCAL_CHAINS.has(chainId) && loopback) return;
  throw new MillraceError(
    'refused',
    'dev-keys',
    'Keys from a dev setup are for local chains: their maker can forge proofs',
    {
      details: { chainId, host: hostname },
      fix: 'Make keys with `millrace setup --ptau FILE --contribute`, or pass --allow-dev-keys for a test without value.',
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
