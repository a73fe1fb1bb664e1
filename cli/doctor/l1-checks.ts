import { isDeepStrictEqual } from 'node:util';
import { AbiCoder, getAddress, isError, type JsonRpcProvider, keccak256, zeroPadValue } from 'ethers';
import { contractArtifact } from '../../aggregator/contract-artifacts.ts';
import { contractRefusal } from '../../aggregator/contract-error.ts';
import { codeDifference, wordsOf } from '../../aggregator/deployed-code.ts';
import { verifyingKeyHash } from '../../aggregator/verifying-key.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { MillraceError } from '../../protocol/error.ts';
import { artifactFolder } from '../../prover/artifacts/artifact-folder.ts';
import type { VerificationKey } from '../../prover/proof.ts';
import { deployedExitKey } from '../../restore/exit-key.ts';
import { RollupView } from '../../restore/rollup-view.ts';
import { deployedArtifacts } from '../node/deployed-artifacts.ts';
import { check, Fault, type Finding, note } from './check.ts';

/** What is to be said of a deployment: whether L1 has what the repository builds, with what the manifest says. */
export async function l1Checks(provider: JsonRpcProvider, deployment: DeployManifest): Promise<Finding[]> {
  const chain = await check('chain', async () => {
    const found = Number(await provider.send('eth_chainId', []));
    if (found !== deployment.chainId) throw new Fault(`${found}, expected ${deployment.chainId}`);
    return String(found);
  });
  if (chain.verdict === 'fail') return [chain];
  const doctor = new DeploymentDoctor(provider, deployment);
  return [
    chain,
    doctor.compiler(),
    ...(await doctor.verifiers()),
    ...(await doctor.rollup()),
    doctor.setup(),
  ];
}

class DeploymentDoctor {
  readonly #provider: JsonRpcProvider;
  readonly #deployment: DeployManifest;

  constructor(provider: JsonRpcProvider, deployment: DeployManifest) {
    this.#provider = provider;
    this.#deployment = deployment;
  }

  compiler(): Finding {
    const ours = contractArtifact('Millrace').compiler;
    const same = isDeepStrictEqual(ours, this.#deployment.compiler);
    return same
      ? { verdict: 'ok', name: 'compiler', text: `solc ${ours.version} with the same settings` }
      : note('compiler', 'the deployment was compiled by another compiler or with other settings');
  }

  setup(): Finding {
    const { devKeys } = this.#deployment;
    return devKeys
      ? note('trusted setup', 'development keys: whoever made them can forge proofs')
      : { verdict: 'ok', name: 'trusted setup', text: 'keys from a ceremony' };
  }

  /** Code and key of each verifier, and whether this machine has the key to prove with. */
  async verifiers(): Promise<Finding[]> {
    const { shapes, exit, rollup } = this.#deployment;
    const findings: Finding[] = [];
    for (const { name, verifier, vkHash } of shapes) {
      const title = `verifier ${name}`;
      findings.push(await check(title, () => this.#verifier(verifier, vkHash)));
      findings.push(
        await this.#keys(`keys of ${name}`, vkHash, async () => {
          const found = await deployedArtifacts(artifactFolder(), this.#deployment, [name]);
          return found.get(name)!.vkey;
        }),
      );
    }
    findings.push(await check('verifier of exits', () => this.#verifier(exit.verifier, exit.vkHash)));
    findings.push(
      await this.#keys('keys of exits', exit.vkHash, async () => {
        return (await deployedExitKey(artifactFolder(), new RollupView(this.#provider, rollup))).vkey;
      }),
    );
    return findings;
  }

  async rollup(): Promise<Finding[]> {
    const { rollup, operator, depth, l1Deadline, proofDeadline, exit, shapes, chainId, domain, tokens } =
      this.#deployment;
    return [
      await check('rollup', () =>
        this.#code('Millrace', rollup, [
          word('address', operator),
          word('uint256', depth),
          word('uint256', l1Deadline),
          word('uint256', proofDeadline),
          word('address', exit.verifier),
          word('uint256', shapes.length),
          word('uint256', chainId),
          word('uint256', domain),
        ]),
      ),
      await check('parameters', async () => {
        await this.#expect('operator', [], getAddress(operator.toLowerCase()));
        await this.#expect('depth', [], depth);
        await this.#expect('l1Deadline', [], l1Deadline);
        await this.#expect('proofDeadline', [], proofDeadline);
        await this.#expect('exitVerifier', [], getAddress(exit.verifier.toLowerCase()));
        await this.#expect('domain', [], domain);
        await this.#genesis();
        return `operator ${operator}, deadlines ${l1Deadline} s and ${proofDeadline} s, empty genesis`;
      }),
      await check('shapes', async () => {
        await this.#expect('shapeCount', [], shapes.length);
        for (const { shapeId, verifier, n2, n1, m, blob = false } of shapes) {
          const config = [getAddress(verifier.toLowerCase()), n2, n1, m, blob];
          await this.#expect('shapes', [shapeId], config.join());
        }
        return shapes.map(({ name, n2, n1, m }) => `${name} (${n2}, ${n1}, ${m})`).join(', ');
      }),
      await check('tokens', async () => {
        for (const { id, address, unitExponent } of tokens) {
          const token = (await this.#view('tokens', [id])) as { token: string; unitExponent: bigint };
          if (BigInt(token.token) !== BigInt(address) || Number(token.unitExponent) !== unitExponent) {
            throw new Fault(`token ${id} is ${token.token} in units of 10^${token.unitExponent}`);
          }
        }
        const more = Number(await this.#view('tokenCount', [])) - tokens.length;
        const since = more > 0 ? `, and ${more} registered since` : '';
        return `${tokens.map(({ symbol }) => symbol).join(', ')}${since}`;
      }),
      await this.#state(),
    ];
  }

  async #state(): Promise<Finding> {
    const state = (await this.#view('state', []).catch(() => undefined)) as
      | { exitMode: boolean; finalizedNumber: bigint }
      | undefined;
    if (state === undefined) return { verdict: 'fail', name: 'state', text: 'the rollup does not tell it' };
    return state.exitMode
      ? note('state', `exit mode, after batch ${state.finalizedNumber}`)
      : { verdict: 'ok', name: 'state', text: `${state.finalizedNumber} batches are final` };
  }

  async #verifier(address: string, vkHash: string): Promise<string> {
    const { interface: abi } = contractArtifact('Groth16Verifier');
    // A call that answers with the ABI encoding of the key, of which vkHash is the hash.
    const data = abi.encodeFunctionData('verifyingKey');
    const key = await this.#provider.call({ to: address, data }).catch(ignoreRefusal);
    const words = key.length === 2 + 64 * KEY_WORDS ? wordsOf(key) : [];
    const text = await this.#code('Groth16Verifier', address, [...words, vkHash]);
    if (keccak256(key) !== vkHash) throw new Fault(`it has another key, of hash ${keccak256(key)}`);
    return text;
  }

  /** @throws {Fault} */
  async #code(contract: string, address: string, immutables: readonly string[]): Promise<string> {
    const artifact = contractArtifact(contract);
    const code = String(await this.#provider.send('eth_getCode', [address, 'latest']));
    const difference = codeDifference(artifact, code, immutables);
    if (difference !== undefined) throw new Fault(`${address}: ${difference}`);
    return `${address} has the code of ${contract} as it is compiled here`;
  }

  async #keys(name: string, vkHash: string, load: () => Promise<VerificationKey>): Promise<Finding> {
    try {
      if (verifyingKeyHash(await load()) === vkHash)
        return { verdict: 'ok', name, text: 'here, and the verifier has them' };
      return { verdict: 'fail', name, text: 'here, with another verification key than the deployment says' };
    } catch (error) {
      if (!(error instanceof MillraceError)) {
        ignoreRefusal(error);
        return { verdict: 'fail', name, text: 'the verifier does not tell its key' };
      }
      return note(name, `not on this machine [${error.code}]`);
    }
  }

  /** The event of the constructor. */
  async #genesis(): Promise<void> {
    const { rollup, block, genesisRoot } = this.#deployment;
    const { interface: abi } = contractArtifact('Millrace');
    const topics = [abi.getEvent('BatchCommitted')!.topicHash];
    const range = { fromBlock: block, toBlock: block };
    const [first] = await this.#provider.getLogs({ address: rollup, topics, ...range });
    if (first === undefined) throw new Fault(`block ${block} is not that of the deployment`);
    const { newRoot } = abi.parseLog(first)!.args.header as { newRoot: bigint };
    if (String(newRoot) !== genesisRoot) throw new Fault(`genesis root ${newRoot}, expected ${genesisRoot}`);
  }

  async #expect(view: string, args: readonly unknown[], expected: string | number): Promise<void> {
    const found = String(await this.#view(view, args));
    if (found !== String(expected)) throw new Fault(`${view} is ${found}, expected ${expected}`);
  }

  async #view(name: string, args: readonly unknown[]): Promise<unknown> {
    const { interface: abi } = contractArtifact('Millrace');
    const to = this.#deployment.rollup;
    try {
      const answer = await this.#provider.call({ to, data: abi.encodeFunctionData(name, args) });
      return abi.decodeFunctionResult(name, answer)[0];
    } catch (error) {
      throw contractRefusal(error, abi) ?? new Fault(`${name}() does not answer as the rollup's would`);
    }
  }
}

/** What a contract with other code answers is no answer. */
function ignoreRefusal(error: unknown): string {
  if (isError(error, 'CALL_EXCEPTION') || isError(error, 'BAD_DATA')) return '0x';
  throw error;
}

/** Words of a verifying key: three points of G2, five of G1. */
const KEY_WORDS = 22;

function word(type: 'address' | 'uint256', value: string | number): string {
  const encoded = AbiCoder.defaultAbiCoder().encode([type], [value]);
  return zeroPadValue(encoded, 32);
}
