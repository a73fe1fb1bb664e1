import type { Wallet } from 'ethers';
import { operatorWallet } from '../../aggregator/operator-key.ts';
import { ENVIRONMENT } from '../../batcher/config.ts';
import { badConfig, readSettings } from '../../batcher/config-sources.ts';

export interface L1Access {
  readonly rpcUrl: string;
  readonly operator: Wallet;
}

/**
 * The L1 node and the operator's key: from the environment and the settings' file, and what is not there from Hardhat's
 * keystore, which asks for its password.
 *
 * @param network a network of hardhat.config.ts
 * @throws {MillraceError} `input/bad-config`, `input/no-operator-key`, `input/bad-operator-key`
 */
export async function l1Access(network: string): Promise<L1Access> {
  const rpcUrl = await l1RpcUrl(network);
  const { values } = settings();
  const { operatorKey, operatorKeyFile } = values;
  if (operatorKey !== undefined || operatorKeyFile !== undefined) {
    return { rpcUrl, operator: operatorWallet({ operatorKey, operatorKeyFile }) };
  }
  const config = await networkConfig(network);
  const kept = await config?.accounts[0]?.getHexString().catch(() => undefined);
  return { rpcUrl, operator: operatorWallet({ operatorKey: kept }) };
}

/** {@link l1Access} without the key. */
export async function l1RpcUrl(network: string): Promise<string> {
  const { l1RpcUrl: given } = settings().values;
  if (given !== undefined) return given;
  const config = await networkConfig(network);
  const kept = await config?.url.getUrl().catch(() => undefined);
  if (kept !== undefined) return kept;
  const name = ENVIRONMENT.l1RpcUrl[0];
  const problem = `it is needed: set ${name}, or run \`npx hardhat keystore set ${name}\``;
  throw badConfig([{ setting: 'l1RpcUrl', source: '', problem }]);
}

function settings() {
  const { values, problems } = readSettings(process.env);
  if (values === undefined) throw badConfig(problems);
  return { values };
}

/** Of hardhat.config.ts. Hardhat is loaded only now: it takes a second. */
async function networkConfig(network: string) {
  const { default: hre } = await import('hardhat');
  const config = hre.config.networks[network];
  if (config?.type !== 'http' || !Array.isArray(config.accounts)) return undefined;
  return { url: config.url, accounts: config.accounts };
}
