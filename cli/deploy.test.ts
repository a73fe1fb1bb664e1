import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { ensureArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { type CommandOutcome, runCommand } from '../test/support/run-command.ts';
import { registerDeploy } from './deploy.ts';

let folder: string;
let local: LocalL1;
let sepolia: LocalL1;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-deploy-'));
  [local, sepolia] = await Promise.all([startLocalL1(), startLocalL1({ chainId: 11_155_111 })]);
  await ensureArtifacts('tiny');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([local.stop(), sepolia.stop()]);
  rmSync(folder, { recursive: true });
});

/** Runs `millrace deploy`, which gets the RPC URL and the key by the environment. */
async function deploy(l1: LocalL1, ...args: string[]): Promise<CommandOutcome> {
  vi.stubEnv('MILLRACE_L1_RPC_URL', l1.url);
  vi.stubEnv('MILLRACE_OPERATOR_KEY', l1.privateKeys[0]);
  return await runCommand(registerDeploy, ['deploy', '--shape', 'tiny', ...args]);
}

test('a deployment writes its manifest once, and never shows the key', async () => {
  const out = path.join(folder, 'new', 'local.json');
  const run = await deploy(local, '--network', 'localhost', '--out', out);
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  const manifest = parseDeployManifest(JSON.parse(readFileSync(out, 'utf8')));
  expect(manifest.shapes[0]?.manifestId).toBe((await ensureArtifacts('tiny')).manifestId);
  expect(run.stdout).toContain(manifest.rollup);
  expect(run.stdout).toContain('development');
  expect(run.stdout).toContain('before the first deposit');
  expect(run.stdout).not.toContain(local.privateKeys[0]!.slice(2));

  const again = await deploy(local, '--network', 'localhost', '--out', out);
  expect(again).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('already-deployed') });
});

test('keys of a dev setup do not go to a public network unless that is asked for', async () => {
  const out = path.join(folder, 'sepolia.json');
  const refused = await deploy(sepolia, '--network', 'sepolia', '--out', out);
  expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('dev-keys') });
  expect(await deploy(sepolia, '--network', 'sepolia', '--allow-dev-keys', '--out', out)).toMatchObject({
    exitCode: 0,
  });
  const manifest = parseDeployManifest(JSON.parse(readFileSync(out, 'utf8')));
  expect(manifest).toMatchObject({ chainId: 11_155_111, devKeys: true });
});

test.each([
  [['--network', 'sepolia'], 3, 'wrong-network'],
  [['--network', 'localhost', '--token', `0x${'12'.repeat(20)}`], 2, 'not-a-token'],
])('%j is refused', async (args, exitCode, reason) => {
  const run = await deploy(local, ...args, '--out', path.join(folder, 'never.json'));
  expect(run).toMatchObject({ exitCode, stderr: expect.stringContaining(reason) });
});

test.each([
  [['--network', 'nowhere'], 'choices'],
  [['--network', 'localhost', '--token', '0x12'], '40 hex digits'],
  [['--network', 'localhost', '--l1-deadline', '0'], 'above 0'],
  [['--network', 'localhost', '--l1-deadline', '31536001'], 'at most 31536000'],
  [['--network', 'localhost', '--proof-deadline', '31536001'], 'at most 31536000'],
])('%j is explained', async (args, reason) => {
  expect((await deploy(local, ...args)).stderr).toContain(reason);
});

test('settings that are missing are named', async () => {
  vi.stubEnv('MILLRACE_L1_RPC_URL', undefined);
  const run = await runCommand(registerDeploy, [
    'deploy',
    '--network',
    'localhost',
    '--out',
    path.join(folder, 'x.json'),
  ]);
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('MILLRACE_L1_RPC_URL') });
});
