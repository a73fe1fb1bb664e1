import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Contract, JsonRpcProvider, type TransactionResponse, Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import type { NodeStatus } from '../batcher/api/status-route.ts';
import { nodeConfig, readSettings } from '../batcher/config-sources.ts';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { signedOpToJson, signOp } from '../protocol/ops.ts';
import { SHAPES } from '../protocol/shape.ts';
import { ensureArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { deployRollup } from '../scripts/deploy.ts';
import { L1User } from '../scripts/l1-user.ts';
import { type LocalL1, startLocalL1 } from '../scripts/local-l1.ts';
import { trapdoorKey } from '../scripts/trapdoor-key.ts';
import { holder } from '../test/support/random-batch.ts';
import { runCommand } from '../test/support/run-command.ts';
import { startNode as startInThisProcess } from './node/start-node.ts';
import { registerNode } from './node.ts';
import { registerStatus } from './status.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const alice = holder(1);

/** Starts the command as a process. No setting of this one reaches it. */
function start(args: readonly string[], settings: Record<string, string>): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !/^(MILLRACE_|REDIS_URL$)/.test(name));
  const env = { ...Object.fromEntries(own), ...settings };
  return spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('millrace node', () => {
  let l1: LocalL1;
  let provider: JsonRpcProvider;
  let deployment: DeployManifest;
  let folder: string;
  let settings: Record<string, string>;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    const { vkey: verificationKey, manifestId } = await ensureArtifacts('tiny');
    const exitKey = await trapdoorKey(3);
    l1 = await startLocalL1();
    const options = { staticNetwork: true, pollingInterval: 50, cacheTimeout: -1 };
    provider = new JsonRpcProvider(l1.url, l1.chainId, options);
    deployment = await deployRollup({
      operator: new Wallet(l1.privateKeys[0]!, provider),
      shapes: [{ shape: SHAPES.tiny, verificationKey, manifestId, devKeys: true }],
      tokens: [],
      exit: { verificationKey: exitKey.verificationKey, manifestId: 'e', devKeys: true },
      l1Deadline: 86_400,
      proofDeadline: 86_400,
    });
    folder = await mkdtemp(join(tmpdir(), 'millrace-node-'));
    const manifest = join(folder, 'deployment.json');
    await writeFile(manifest, JSON.stringify(deployment));
    settings = {
      MILLRACE_DATA_DIR: join(folder, 'data'),
      MILLRACE_DEPLOYMENT: manifest,
      MILLRACE_L1_RPC_URL: l1.url,
      MILLRACE_OPERATOR_KEY: l1.privateKeys[0]!,
      MILLRACE_CONFIRMATIONS: '0',
      MILLRACE_L1_POLL_MS: '50',
      MILLRACE_BATCH_AGE_MS: '3600000',
      MILLRACE_WORKERS: '0',
      MILLRACE_HTTP_PORT: '0',
    };
  }, 600_000);

  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    provider?.destroy();
    await l1?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Starts a node and waits until it listens. */
  async function startNode(): Promise<{ child: ChildProcess; url: string; errors: () => string }> {
    const child = start(['node'], settings);
    running.add(child);
    child.once('exit', () => running.delete(child));
    let errors = '';
    child.stderr!.on('data', (part) => {
      errors += part;
    });
    for await (const line of child.stdout!) {
      const url = /http:\S+[0-9]/.exec(String(line))?.[0];
      if (url !== undefined) return { child, url, errors: () => errors };
    }
    throw new Error(`the node ended:\n${errors}`);
  }

  async function status(url: string): Promise<NodeStatus> {
    return (await (await fetch(`${url}/v1/status`)).json()) as NodeStatus;
  }

  async function send(url: string, nonce: number): Promise<unknown> {
    const op = { type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0, nonce } as const;
    const body = JSON.stringify(
      signedOpToJson(signOp(op, alice.key, alice.owner, BigInt(deployment.domain))),
    );
    const answer = await fetch(`${url}/v1/ops`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return await answer.json();
  }

  it('says all that is missing, and what does not belong to the deployment', async () => {
    const missing = await runCommand(registerNode, ['node']);
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain('MILLRACE_DEPLOYMENT');
    expect(missing.stderr).toContain('MILLRACE_L1_RPC_URL');
    for (const [name, value] of Object.entries({ ...settings, MILLRACE_ARTIFACTS: folder }))
      vi.stubEnv(name, value);
    const wrong = await runCommand(registerNode, ['node']);
    vi.stubEnv('MILLRACE_FINALITY_WAIT_MS', '21600001');
    const patient = await runCommand(registerNode, ['node', '--finality', 'cheap']);
    vi.unstubAllEnvs();
    expect(wrong.exitCode).toBe(3);
    expect(wrong.stderr).toContain('artifacts-not-deployed');
    expect(patient.exitCode).toBe(2);
    expect(patient.stderr).toContain('finality-wait');
  });

  it('keeps what it acknowledged through kill -9, and ends in order on a signal', async () => {
    const first = await startNode();
    const user = new L1User(new Wallet(l1.privateKeys[1]!, provider), deployment);
    await user.deposit([{ token: 1, units: 1_000n, keyHash: alice.keyHash }]);
    while ((await status(first.url)).accountCount < 2) await sleep(50);
    // As many as fill a batch.
    const { n2 } = SHAPES.tiny;
    const receipts: unknown[] = [];
    for (let nonce = 0; nonce < n2; nonce++) receipts.push(await send(first.url, nonce));
    expect(receipts).toMatchObject(receipts.map((_, position) => ({ batch: 1, position })));
    await expect(startInThisProcess(nodeConfig(readSettings(settings)))).rejects.toMatchObject({
      code: 'store-in-use',
    });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await startNode();
    expect([await send(second.url, 0), await send(second.url, 1)]).toMatchObject([
      { ...(receipts[0] as object), status: 'sealed' },
      { ...(receipts[1] as object), status: 'sealed' },
    ]);
    expect(await send(second.url, n2)).toMatchObject({ batch: 2, position: 0 });
    const table = await runCommand(registerStatus, ['status', '--node', second.url]);
    expect(table.exitCode).toBe(0);
    expect(table.stdout).toMatch(new RegExp(`^Signed ops +1 pending, ${n2} sealed`, 'm'));
    expect(table.stdout).toMatch(/^L1 queue +1 read, 0 waiting/m);
    second.child.kill('SIGTERM');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
    expect(second.errors()).not.toContain(settings.MILLRACE_OPERATOR_KEY!.slice(2));
  });

  it('waits for an L1 that does not answer, and can be stopped meanwhile', async () => {
    const child = start(['node'], { ...settings, MILLRACE_L1_RPC_URL: 'http://127.0.0.1:1' });
    running.add(child);
    for await (const line of child.stderr!) if (String(line).includes('unreachable')) break;
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    running.delete(child);
  });

  it('stays to answer when the rollup is in exit mode, also after a restart, and takes no op', async () => {
    const { child, url, errors } = await startNode();
    const user = new Wallet(l1.privateKeys[1]!, provider);
    const rollup = new Contract(deployment.rollup, contractArtifact('Millrace').interface, user);
    const mined = async (name: string, args: readonly unknown[] = []): Promise<void> => {
      const sent: TransactionResponse = await rollup.getFunction(name).send(...args);
      await sent.wait();
    };
    expect((await status(url)).exitMode).toBeNull();
    await mined('requestForcedExit', [1, 2, 3]);
    await provider.send('evm_increaseTime', [deployment.l1Deadline + 1]);
    await mined('activateExitMode');
    while ((await status(url)).exitMode === null) await sleep(50);

    const refused = {
      code: 'exit-mode',
      details: { lastBatch: 0 },
      fix: expect.stringContaining('Leave on L1'),
    };
    expect(await send(url, 9)).toMatchObject(refused);
    expect(await (await fetch(`${url}/v1/accounts/1`)).json()).toMatchObject({ index: 1 });
    expect(errors()).toContain('the rollup is in exit mode');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);

    const again = await startNode();
    expect(await status(again.url)).toMatchObject({ exitMode: { lastBatch: 0 }, l1Failures: {} });
    expect(await send(again.url, 9)).toMatchObject(refused);
    const table = await runCommand(registerStatus, ['status', '--node', again.url]);
    expect(table.stdout).toMatch(/^Exit mode +batch 0 was the last one/m);
    again.child.kill('SIGTERM');
    expect(await once(again.child, 'exit')).toEqual([0, null]);
  });
});
