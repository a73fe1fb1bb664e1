import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { computeAddress, HDNodeWallet, JsonRpcProvider, Mnemonic, parseEther, toBeHex } from 'ethers';
import { MillraceError } from '../protocol/error.ts';
import { freeLoopbackPort } from '../prover/loopback-port.ts';
import { type SupervisedChild, startSupervised } from './supervised-child.ts';

/** The well-known development phrase: its keys are public, they hold nothing on any real chain. */
const DEV_MNEMONIC = 'test test test test test test test test test test test junk';
const START_TIMEOUT_MS = 60_000;

export interface LocalL1Options {
  /** Seconds between blocks; without it every transaction is mined at once. */
  blockTime?: number;
  /** Default 31337. */
  chainId?: number;
  /** Loopback port; default: a free one. */
  port?: number;
  /** Number of funded accounts, 10,000 ETH each; default 10. */
  accounts?: number;
  /** Default: anvil, where there is a binary for this platform. */
  kind?: 'anvil' | 'hardhat';
  /** File that the chain's state is written to each second and read from at start (anvil only). */
  stateFile?: string;
}

export interface LocalL1 {
  readonly kind: 'anvil' | 'hardhat';
  readonly url: string;
  readonly port: number;
  readonly chainId: number;
  /** Private keys of the funded accounts, 0x + 64 hex, always the same ones. */
  readonly privateKeys: readonly string[];
  /** Ends the chain in order, which writes the state file; safe to call again. */
  stop(): Promise<void>;
  /** Ends the chain with SIGKILL. */
  kill(): Promise<void>;
}

/**
 * Starts an L1 for development on the loopback address: anvil from npm, or Hardhat's node where there is
 * no anvil binary for this platform. It runs in its own process group and ends with this process, even if
 * that is killed.
 *
 * @throws MillraceError `local-l1-failed` if it does not answer within a minute
 */
export async function startLocalL1(options: LocalL1Options = {}): Promise<LocalL1> {
  const { chainId = 31337, accounts = 10 } = options;
  const port = options.port ?? (await freeLoopbackPort());
  const anvil = options.kind === 'hardhat' ? undefined : anvilBinary();
  const child =
    anvil === undefined
      ? startSupervised(process.execPath, hardhatArguments(port, chainId))
      : startSupervised(anvil, anvilArguments(port, chainId, accounts, options));
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilItAnswers(url, chainId, child);
    if (anvil === undefined) await fundAccounts(url, accounts);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    kind: anvil === undefined ? 'hardhat' : 'anvil',
    url,
    port,
    chainId,
    privateKeys: devPrivateKeys(accounts),
    stop: child.stop,
    kill: child.kill,
  };
}

/** Private keys of the development accounts `0 .. count - 1`. */
export function devPrivateKeys(count: number): string[] {
  const root = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEV_MNEMONIC), "m/44'/60'/0'/0");
  return Array.from({ length: count }, (_, index) => root.deriveChild(index).privateKey);
}

/** The binary of the platform's package itself: npm may have skipped the wrapper's install script. */
function anvilBinary(): string | undefined {
  const require = createRequire(import.meta.url);
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  try {
    const folder = path.dirname(require.resolve(`${name}/package.json`));
    const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
    return existsSync(binary) ? binary : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function anvilArguments(port: number, chainId: number, accounts: number, options: LocalL1Options): string[] {
  const args = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId)];
  args.push(
    '--hardfork',
    'osaka',
    '--accounts',
    String(accounts),
    '--mnemonic',
    DEV_MNEMONIC,
    '--threads',
    '1',
  );
  if (options.blockTime !== undefined) args.push('--block-time', String(options.blockTime));
  if (options.stateFile !== undefined) {
    args.push('--state', options.stateFile, '--state-interval', '1', '--preserve-historical-states');
  }
  return args;
}

function hardhatArguments(port: number, chainId: number): string[] {
  const cli = fileURLToPath(new URL('../node_modules/.bin/hardhat', import.meta.url));
  const config = fileURLToPath(new URL('../hardhat.config.ts', import.meta.url));
  return [
    cli,
    '--config',
    config,
    'node',
    '--hostname',
    '127.0.0.1',
    '--port',
    String(port),
    '--chain-id',
    String(chainId),
  ];
}

/** Hardhat's node funds 20 accounts by itself. */
async function fundAccounts(url: string, accounts: number): Promise<void> {
  const provider = new JsonRpcProvider(url);
  for (const key of devPrivateKeys(accounts)) {
    await provider.send('hardhat_setBalance', [computeAddress(key), toBeHex(parseEther('10000'))]);
  }
  provider.destroy();
}

async function untilItAnswers(url: string, chainId: number, child: SupervisedChild): Promise<void> {
  const provider = new JsonRpcProvider(url, chainId, { staticNetwork: true });
  let exitCode: number | undefined;
  void child.exited.then((code) => {
    exitCode = code;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  let answered = false;
  while (!answered) {
    if (exitCode !== undefined || Date.now() > deadline) {
      provider.destroy();
      throw new MillraceError('internal', 'local-l1-failed', 'The local L1 did not start.', {
        details: { url, exitCode, output: child.output() },
        fix: 'Read the output above; another program may hold the port.',
      });
    }
    answered = await provider.send('eth_chainId', []).then(
      (answer) => Number(answer) === chainId,
      () => false,
    );
    if (!answered) await sleep(50);
  }
  provider.destroy();
}
