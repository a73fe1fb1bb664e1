import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JsonRpcProvider } from 'ethers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { l1Provider } from '../aggregator/l1-connection.ts';
import { type DeployManifest, parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { ensureArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { type CommandOutcome, runCommand } from '../test/support/run-command.ts';
import { registerDeploy } from './deploy.ts';
import { registerDoctor } from './doctor.ts';

let folder: string;
let l1: LocalL1;
let provider: JsonRpcProvider;
let file: string;
let manifest: DeployManifest;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-doctor-'));
  l1 = await startLocalL1();
  provider = l1Provider(l1.url, l1.chainId);
  await ensureArtifacts('tiny');
  file = path.join(folder, 'local.json');
  vi.stubEnv('MILLRACE_L1_RPC_URL', l1.url);
  vi.stubEnv('MILLRACE_OPERATOR_KEY', l1.privateKeys[0]);
  const options = ['--network', 'localhost', '--shape', 'tiny', '--out', file];
  const deployed = await runCommand(registerDeploy, ['deploy', ...options]);
  expect(deployed).toMatchObject({ exitCode: 0, stderr: '' });
  manifest = parseDeployManifest(JSON.parse(readFileSync(file, 'utf8')));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  provider.destroy();
  await l1.stop();
  rmSync(folder, { recursive: true });
});

async function doctor(deployment = file): Promise<CommandOutcome & { failed: string[] }> {
  const run = await runCommand(registerDoctor, ['doctor', '--manifest', deployment]);
  return { ...run, failed: run.stdout.split('\n').filter((line) => line.startsWith('fail')) };
}

/** Runs the doctor over a changed manifest. */
async function doctorOf(change: (manifest: DeployManifest) => void): Promise<string[]> {
  const changed = structuredClone(manifest);
  change(changed);
  const other = path.join(folder, 'changed.json');
  writeFileSync(other, JSON.stringify(changed));
  const { failed, exitCode } = await doctor(other);
  expect(exitCode).toBe(3);
  return failed;
}

/** Runs the doctor while one byte of a contract is another one. */
async function doctorWithByte(address: string, place: number): Promise<string[]> {
  const code = await provider.getCode(address);
  const at = 2 + 2 * place;
  const byte = (Number.parseInt(code.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, '0');
  await provider.send('anvil_setCode', [address, code.slice(0, at) + byte + code.slice(at + 2)]);
  const { failed, exitCode, stderr } = await doctor();
  await provider.send('anvil_setCode', [address, code]);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('not-in-order');
  return failed;
}

test('finds a deployment in order', async () => {
  const { exitCode, failed, stdout } = await doctor();
  expect(failed).toEqual([]);
  expect(exitCode).toBe(0);
  for (const name of [
    'Node',
    'contracts',
    'Redis',
    'keys tiny-',
    'verifier tiny',
    'rollup',
    'genesis',
    'ETH',
  ]) {
    expect(stdout).toContain(name);
  }
});

test('says which byte of which contract differs', async () => {
  const { rollup, shapes, exit } = manifest;
  expect(await doctorWithByte(rollup, 2000)).toEqual([
    expect.stringMatching(/rollup .*byte 2000 is 0x\w\w, expected 0x\w\w/),
  ]);
  expect(await doctorWithByte(shapes[0]!.verifier, 5)).toEqual([
    expect.stringMatching(/verifier tiny .*byte 5 is/),
  ]);
  expect(await doctorWithByte(exit.verifier, 6)).toContainEqual(
    expect.stringMatching(/verifier of exits .*byte 6 is/),
  );
});

test('says what the contracts have that the manifest has not', async () => {
  const key = `0x${'12'.repeat(32)}`;
  expect(await doctorOf((other) => (other.shapes[0]!.vkHash = key))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^fail +verifier tiny/),
      expect.stringMatching(/^fail +keys of tiny/),
    ]),
  );
  const changes: [string, (other: DeployManifest) => void][] = [
    ['parameters', (other) => (other.l1Deadline += 1)],
    ['parameters', (other) => (other.genesisRoot = '1')],
    ['shapes', (other) => (other.shapes[0]!.m += 1)],
    ['tokens', (other) => (other.tokens[0]!.unitExponent += 1)],
    ['rollup', (other) => (other.operator = other.rollup)],
  ];
  for (const [name, change] of changes) {
    expect((await doctorOf(change)).join('\n')).toMatch(new RegExp(`^fail +${name} `, 'm'));
  }
});

test('a manifest that is not one, and an L1 that is away, are told', async () => {
  expect(await doctor(path.join(folder, 'nowhere.json'))).toMatchObject({ exitCode: 2 });
  vi.stubEnv('MILLRACE_L1_RPC_URL', 'http://127.0.0.1:1');
  const run = await doctor();
  vi.stubEnv('MILLRACE_L1_RPC_URL', l1.url);
  expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('l1-unreachable') });
});

test('looks at this machine alone where there is no deployment', async () => {
  const { exitCode, stdout } = await runCommand(registerDoctor, ['doctor']);
  expect(exitCode).toBe(0);
  expect(stdout).not.toContain('rollup');
});
