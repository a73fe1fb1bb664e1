import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { type JsonRpcProvider, Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { l1Provider } from '../aggregator/l1-connection.ts';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { SHAPES } from '../protocol/shape.ts';
import { deployRollup } from './deploy.ts';
import { type LocalL1, startLocalL1 } from './local-l1.ts';
import { publishSource } from './publish-source.ts';
import { trapdoorKey } from './trapdoor-key.ts';

const SEPOLIA = 11_155_111;
const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };

let l1: LocalL1;
let provider: JsonRpcProvider;
let manifest: DeployManifest;
let explorer: Server;
let url: string;
/** Code of each contract's creation on L1, by its address. */
const creations = new Map<string, string>();
/** Addresses that the explorer has compiled, and found the same. */
const verified: string[] = [];
const keys: string[] = [];

beforeAll(async () => {
  l1 = await startLocalL1({ chainId: SEPOLIA });
  provider = l1Provider(l1.url, SEPOLIA);
  const [key, exitKey] = await Promise.all([trapdoorKey(7), trapdoorKey(6)]);
  manifest = await deployRollup({
    operator: new Wallet(l1.privateKeys[0]!, provider),
    shapes: [{ shape: SHAPES.tiny, verificationKey: key.verificationKey, manifestId: 'm', devKeys: false }],
    tokens: [],
    exit: { verificationKey: exitKey.verificationKey, manifestId: 'e', devKeys: false },
    l1Deadline: 3600,
    proofDeadline: 1800,
  });
  for (const { hash } of manifest.transactions) {
    const [receipt, sent] = await Promise.all([
      provider.getTransactionReceipt(hash),
      provider.getTransaction(hash),
    ]);
    creations.set(receipt!.contractAddress!, sent!.data);
  }
  explorer = createServer((request, response) => {
    void answerTo(request).then((answer) => response.end(JSON.stringify(answer)));
  }).listen(0, '127.0.0.1');
  await once(explorer, 'listening');
  const address = explorer.address();
  url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}/api` : '';
});

afterAll(async () => {
  vi.unstubAllEnvs();
  explorer.close();
  provider.destroy();
  await l1.stop();
});

/** Does what Etherscan does: compiles the standard JSON, and compares creation code and arguments. */
async function answerTo(
  request: IncomingMessage,
): Promise<{ status: string; message: string; result: unknown }> {
  const body: Buffer[] = [];
  for await (const chunk of request) body.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(body).toString());
  const query = new URL(request.url ?? '', 'http://explorer').searchParams;
  const field = (name: string): string => form.get(name) ?? query.get(name) ?? '';
  keys.push(field('apikey'));
  const notOk = (result: string) => ({ status: '0', message: 'NOTOK', result });
  switch (field('action')) {
    case 'getsourcecode':
      return { status: '1', message: 'OK', result: [{ SourceCode: '' }] };
    case 'verifysourcecode': {
      const [file = '', name = ''] = field('contractname').split(':');
      const output = JSON.parse(solc.compile(field('sourceCode'))) as {
        contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
      };
      const code = output.contracts[file]?.[name]?.evm.bytecode.object;
      const made = `0x${code}${field('constructorArguments')}`;
      if (made !== creations.get(field('contractaddress'))) return notOk('Fail - Unable to verify');
      if (!field('compilerversion').startsWith('v0.8.37')) return notOk('Fail - another compiler');
      verified.push(field('contractaddress'));
      return { status: '1', message: 'OK', result: 'guid' };
    }
    default:
      return { status: '1', message: 'OK', result: 'Pass - Verified' };
  }
}

test('the source that an explorer gets compiles to what is on L1', { timeout: 900_000 }, async () => {
  vi.stubEnv('ETHERSCAN_API_KEY', 'explorer-key');
  await publishSource(manifest, provider, { network: 'sepolia', rpcUrl: l1.url, apiUrl: url });
  expect(verified.sort()).toEqual([...creations.keys()].sort());
  expect(new Set(keys)).toEqual(new Set(['explorer-key']));
});

test('without a key of the explorer it is refused', { timeout: 60_000 }, async () => {
  vi.stubEnv('ETHERSCAN_API_KEY', undefined);
  await expect(
    publishSource(manifest, provider, { network: 'sepolia', rpcUrl: l1.url, apiUrl: url }),
  ).rejects.toMatchObject({ kind: 'refused', code: 'source-not-published' });
});
