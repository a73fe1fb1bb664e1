import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { computeAddress, Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { l1Provider } from '../../aggregator/l1-connection.ts';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import { parseDeployManifest } from '../../protocol/deploy-manifest.ts';
import { ensureArtifacts, ensureExitArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import { deployContract } from '../../scripts/deploy-contract.ts';
import { type LocalL1, startLocalL1 } from '../../scripts/local-l1.ts';
import { type SupervisedChild, startSupervised } from '../../scripts/supervised-child.ts';
import { type RpcProxy, startRpcProxy } from '../support/rpc-proxy.ts';

const SEPOLIA = 11_155_111;
const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const SEND = 'eth_sendRawTransaction';
/** Each run of the command is killed at one transaction, before or after the node has it; the last one is not. */
const KILLS = [
  { transaction: 1, moment: 'call' },
  { transaction: 2, moment: 'answer' },
  { transaction: 3, moment: 'answer' },
  { transaction: 4, moment: 'call' },
] as const;

let folder: string;
let l1: LocalL1;
let proxy: RpcProxy;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-killed-'));
  l1 = await startLocalL1({ chainId: SEPOLIA });
  proxy = await startRpcProxy(l1.url);
  const { manifest } = await ensureArtifacts('tiny');
  await ensureExitArtifacts(manifest.shape.depth);
});

afterAll(async () => {
  await proxy.close();
  await l1.stop();
  rmSync(folder, { recursive: true });
});

test('a deployment that is killed at each of its transactions goes on, and sends none twice', async () => {
  const provider = l1Provider(l1.url, SEPOLIA);
  const other = new Wallet(l1.privateKeys[1]!, provider);
  const token = await deployContract(other, { name: 'TestToken', file: 'test/TestToken.sol' }, [
    'Test',
    'TST',
    18,
  ]);
  const out = path.join(folder, 'sepolia.json');
  const options = ['--network', 'sepolia', '--shape', 'tiny', '--token', token.address, '--allow-dev-keys'];
  const env = {
    ...process.env,
    MILLRACE_L1_RPC_URL: proxy.url,
    MILLRACE_OPERATOR_KEY: l1.privateKeys[0],
  };
  const start = (): SupervisedChild =>
    startSupervised(process.execPath, [MAIN, 'deploy', ...options, '--out', out], { env });

  for (const { transaction, moment } of KILLS) {
    const child = start();
    const killed = new Promise<void>((resolve) => {
      proxy.pause = async (method, now) => {
        if (method !== SEND || now !== moment || (await sentBy()) < transaction - (now === 'call' ? 1 : 0))
          return;
        await child.kill();
        resolve();
        await new Promise(() => undefined);
      };
    });
    await Promise.race([
      killed,
      child.exited.then((code) => Promise.reject(new Error(`${code}: ${child.output()}`))),
    ]);
  }
  proxy.pause = undefined;
  const last = start();
  expect(await last.exited, last.output()).toBe(0);

  const manifest = parseDeployManifest(JSON.parse(readFileSync(out, 'utf8')));
  expect(manifest.transactions.map(({ purpose }) => purpose)).toEqual([
    'verifier tiny',
    'verifier of exits',
    'rollup',
    'token TST',
  ]);
  expect(await sentBy()).toBe(KILLS.length);
  await new RollupContract(provider, manifest).assertDeployment(manifest);
  provider.destroy();

  async function sentBy(): Promise<number> {
    return await provider.getTransactionCount(computeAddress(l1.privateKeys[0]!));
  }
});
