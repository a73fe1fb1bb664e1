import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Contract, type JsonRpcProvider } from 'ethers';
import { chainIdOf, l1Provider } from '../aggregator/l1-connection.ts';
import { ENVIRONMENT } from '../batcher/config.ts';
import { type DeployManifest, parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';
import { SHAPE_NAMES, shapeByName } from '../protocol/shape.ts';
import { ensureArtifacts, ensureExitArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { loadArtifacts, loadExitArtifacts, type ShapeArtifacts } from '../prover/artifacts/load-artifacts.ts';
import { type DeployKey, type DeployShape, type DeployToken, deployRollup } from '../scripts/deploy.ts';
import { publishSource } from '../scripts/publish-source.ts';
import { artifactStages } from './artifact-stages.ts';
import { l1Access, l1RpcUrl } from './deploy/l1-access.ts';
import { readJsonFile, writeJsonFile } from './text-file.ts';

/** The networks by name, with the chain ids that the RPC node may answer. */
const NETWORKS: Readonly<Record<string, readonly number[]>> = {
  localhost: [31337, 1337],
  sepolia: [11_155_111],
  hoodi: [560_048],
};

/** Longest deadline that makes sense, seconds: owners wait as long as both until they can leave by themselves. */
const LONGEST_DEADLINE = 365 * 24 * 3600;

interface DeployCommandOptions {
  readonly network: string;
  readonly shape: readonly string[];
  readonly artifacts: readonly string[];
  readonly exitArtifacts?: string;
  readonly token: readonly TokenOption[];
  readonly l1Deadline: number;
  readonly proofDeadline: number;
  readonly allowDevKeys?: true;
  readonly verify?: true;
  readonly out?: string;
}

interface TokenOption {
  readonly address: string;
  readonly unitExponent: number | undefined;
}

/** `millrace deploy`: deploys verifiers and rollup, and writes the deployment manifest. */
export function registerDeploy(program: Command): void {
  program
    .command('deploy')
    .description('deploy the verifiers and the rollup to L1, and write the deployment manifest')
    .addOption(
      new Option('--network <name>', 'network to deploy to')
        .choices(Object.keys(NETWORKS))
        .makeOptionMandatory(),
    )
    .option('--shape <names...>', `shapes with the keys that this machine has: ${SHAPE_NAMES.join(', ')}`, [
      'demo',
    ])
    .option('--artifacts <folders...>', 'shapes with the keys in these folders, in place of --shape', [])
    .option('--exit-artifacts <folder>', "exit circuit of the shapes' depth with the key in this folder")
    .option(
      '--token <address[:exponent]>',
      'ERC-20 token to register; its unit is 10^exponent of the smallest',
      addToken,
      [],
    )
    .option(
      '--l1-deadline <seconds>',
      'time within which an op from L1 has to be in a committed batch; then anyone starts exit mode',
      deadline,
      7 * 24 * 3600,
    )
    .option(
      '--proof-deadline <seconds>',
      'time within which a committed batch has to be proven; then anyone reverts it',
      deadline,
      24 * 3600,
    )
    .option('--allow-dev-keys', 'on a chain that is not local: whoever made the keys can steal everything')
    .option(
      '--verify',
      'give the source to Etherscan, with the API key in ETHERSCAN_API_KEY or the keystore; also of a deployment that is there',
    )
    .option('--out <file>', 'deployment manifest; default: deployments/NETWORK.json')
    .addHelpText(
      'after',
      `\nThe RPC URL comes from ${ENVIRONMENT.l1RpcUrl[0]}, the key from ${ENVIRONMENT.operatorKey[0]} or ${ENVIRONMENT.operatorKeyFile[0]}: from the
environment, or from Hardhat's keystore (npx hardhat keystore set NAME). What was killed goes on when the command is given again.`,
    )
    .action(deploy);
}

async function deploy(options: DeployCommandOptions): Promise<void> {
  const out = options.out ?? `deployments/${options.network}.json`;
  if (existsSync(out)) {
    if (options.verify === true) return await publishDeployed(options.network, out);
    throw new MillraceError(
      'refused',
      'already-deployed',
      'There is a deployment manifest of this name already',
      {
        details: { file: out },
        fix: 'Move it and the folder of its journal away, or name another file with --out.',
      },
    );
  }
  const { rpcUrl, operator } = await l1Access(options.network);
  const chainId = await checkedChainId(options.network, rpcUrl);
  const shapes = await deployShapes(options);
  const exit = await deployExit(options, shapes[0]!.shape.depth);
  const provider = l1Provider(rpcUrl, chainId);
  try {
    const manifest = await deployRollup({
      operator: operator.connect(provider),
      shapes,
      tokens: await Promise.all(options.token.map((token) => readToken(provider, token))),
      exit,
      l1Deadline: options.l1Deadline,
      proofDeadline: options.proofDeadline,
      allowDevKeys: options.allowDevKeys ?? false,
      journal: journalOf(out),
    });
    await mkdir(dirname(out), { recursive: true });
    await writeJsonFile(out, manifest);
    report(manifest, out, exit.manifestId);
    if (options.verify === true)
      await publishSource(manifest, provider, { network: options.network, rpcUrl });
  } finally {
    provider.destroy();
  }
}

/** For a deployment that is there already. */
async function publishDeployed(network: string, file: string): Promise<void> {
  const deployment = parseDeployManifest(await readJsonFile(file, 'deployment manifest'));
  const rpcUrl = await l1RpcUrl(network);
  const provider = l1Provider(rpcUrl, await checkedChainId(network, rpcUrl));
  try {
    await publishSource(deployment, provider, { network, rpcUrl });
  } finally {
    provider.destroy();
  }
}

/** What was done so far lies beside the manifest. */
function journalOf(out: string): string {
  return `${out.replace(/\.json$/, '')}.journal`;
}

async function checkedChainId(network: string, rpcUrl: string): Promise<number> {
  const chainId = await chainIdOf(rpcUrl);
  const expected = NETWORKS[network]!;
  if (expected.includes(chainId)) return chainId;
  throw new MillraceError('refused', 'wrong-network', `The L1 node is not of the network ${network}`, {
    details: { expected, found: chainId },
    fix: `Set ${ENVIRONMENT.l1RpcUrl[0]} to a node of ${network}, or name the network that the node is of.`,
  });
}

async function deployShapes({ shape, artifacts }: DeployCommandOptions): Promise<DeployShape[]> {
  const found: ShapeArtifacts[] = [];
  const onProgress = artifactStages();
  if (artifacts.length > 0) for (const folder of artifacts) found.push(await loadArtifacts(folder));
  else for (const name of shape) found.push(await ensureArtifacts(name, { onProgress }));
  return found.map(({ manifest, manifestId, vkey }) => ({
    shape: shapeByName(manifest.shape.name),
    verificationKey: vkey,
    manifestId,
    devKeys: manifest.setup.kind === 'dev',
  }));
}

async function deployExit({ exitArtifacts }: DeployCommandOptions, depth: number): Promise<DeployKey> {
  const { manifest, manifestId, vkey } =
    exitArtifacts === undefined
      ? await ensureExitArtifacts(depth, { onProgress: artifactStages() })
      : await loadExitArtifacts(exitArtifacts);
  if (manifest.exit.depth !== depth) {
    throw new MillraceError('input', 'mixed-depths', 'The exit circuit is of another depth than the shapes', {
      details: { expected: depth, found: manifest.exit.depth },
      fix: "Name the folder of an exit circuit of the shapes' depth.",
    });
  }
  return { verificationKey: vkey, manifestId, devKeys: manifest.setup.kind === 'dev' };
}

/** What a token's contract says of itself. */
async function readToken(
  provider: JsonRpcProvider,
  { address, unitExponent }: TokenOption,
): Promise<DeployToken> {
  const abi = ['function symbol() view returns (string)', 'function decimals() view returns (uint8)'];
  const token = new Contract(address, abi, provider);
  try {
    const symbol = String(await token.getFunction('symbol').staticCall());
    const decimals = Number(await token.getFunction('decimals').staticCall());
    // Nine decimals, as ETH has them, keep a token of 18 below 2^64 units up to 1.8 * 10^10 tokens.
    return { symbol, address, decimals, unitExponent: unitExponent ?? Math.max(0, decimals - 9) };
  } catch (cause) {
    throw new MillraceError(
      'input',
      'not-a-token',
      'There is no ERC-20 token with a symbol and decimals at this address',
      {
        details: { address },
        fix: 'Check the address and the network.',
        cause,
      },
    );
  }
}

function report(manifest: DeployManifest, out: string, exitManifestId: string): void {
  const lines = [
    `rollup       ${manifest.rollup} in block ${manifest.block} of chain ${manifest.chainId}`,
    ...manifest.shapes.map(({ name, verifier }) => `verifier     ${verifier} (${name})`),
    ...manifest.tokens.map(
      ({ id, symbol, address }) => `token ${String(id).padEnd(6)} ${address} (${symbol})`,
    ),
    `keys         ${manifest.devKeys ? 'development: whoever made them can forge proofs' : 'from a ceremony'}`,
    `manifest     ${out}`,
    `exit keys    manifest ${exitManifestId}: publish their folder before the first deposit; without it nobody leaves in exit mode`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function addToken(text: string, before: readonly TokenOption[]): TokenOption[] {
  const [, address, exponent] = /^(0x[0-9a-fA-F]{40})(?::(\d{1,2}))?$/.exec(text) ?? [];
  if (address === undefined)
    throw new InvalidArgumentError('expected 0x and 40 hex digits, and perhaps :EXPONENT');
  return [...before, { address, unitExponent: exponent === undefined ? undefined : Number(exponent) }];
}

function deadline(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value <= LONGEST_DEADLINE) return value;
  throw new InvalidArgumentError(`expected a whole number above 0, at most ${LONGEST_DEADLINE} (a year)`);
}
