import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { computeAddress, JsonRpcProvider } from 'ethers';
import { expect, test } from 'vitest';
import { startLocalL1 } from './local-l1.ts';

const LOCAL_L1 = new URL('./local-l1.ts', import.meta.url).href;

async function rpc(url: string, method: string, params: unknown[] = []): Promise<unknown> {
  const provider = new JsonRpcProvider(url, 31337, { staticNetwork: true });
  try {
    return await provider.send(method, params);
  } finally {
    provider.destroy();
  }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url, { method: 'POST' }).then(
    () => true,
    () => false,
  );
}

test('the local L1 funds its accounts and keeps its state over a stop', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-l1-'));
  const stateFile = path.join(folder, 'state.json');
  const first = await startLocalL1({ stateFile });
  try {
    const address = computeAddress(first.privateKeys[0]!);
    expect(BigInt((await rpc(first.url, 'eth_getBalance', [address, 'latest'])) as string)).toBe(10n ** 22n);
    await rpc(first.url, 'anvil_mine', ['0x5']);
  } finally {
    await first.stop();
  }
  expect(await answers(first.url)).toBe(false);
  const second = await startLocalL1({ stateFile, port: first.port });
  try {
    expect(await rpc(second.url, 'eth_blockNumber')).toBe('0x5');
  } finally {
    await second.stop();
    rmSync(folder, { recursive: true });
  }
});

test('the local L1 ends when the process that started it is killed', async () => {
  const source = `import { startLocalL1 } from ${JSON.stringify(LOCAL_L1)};
    console.log((await startLocalL1()).url); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', source]);
  const url = await new Promise<string>((resolve) => {
    parent.stdout.once('data', (data) => resolve(String(data).trim()));
  });
  expect(await answers(url)).toBe(true);
  parent.kill('SIGKILL');
  let left = 200;
  while ((await answers(url)) && left-- > 0) await sleep(100);
  expect(await answers(url)).toBe(false);
  expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(`--port ${new URL(url).port} `);
});

test('Hardhat takes the place of anvil', async () => {
  const l1 = await startLocalL1({ kind: 'hardhat', accounts: 21 });
  try {
    expect(l1.kind).toBe('hardhat');
    const address = computeAddress(l1.privateKeys[20]!);
    expect(BigInt((await rpc(l1.url, 'eth_getBalance', [address, 'latest'])) as string)).toBe(10n ** 22n);
  } finally {
    await l1.stop();
  }
  expect(await answers(l1.url)).toBe(false);
});
