import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curves, powersOfTau } from 'snarkjs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseDeployManifest } from '../protocol/deploy-manifest.ts';
import { SHAPES } from '../protocol/shape.ts';
import { ensureCircuitArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import { beginCeremony, verifyCeremony } from '../prover/setup/ceremony.ts';
import { startLocalL1 } from '../scripts/local-l1.ts';
import { type CommandOutcome, runCommand } from '../test/support/run-command.ts';
import { registerCeremony } from './ceremony.ts';
import { registerDeploy } from './deploy.ts';
import { registerDoctor } from './doctor.ts';

const SEPOLIA = 11_155_111;
const POWER = 4;
/** A small one in the batch circuit's place: the verifier on L1 takes three public inputs. */
const CIRCUIT = {
  name: 'tiny',
  main: `
    pragma circom 2.1.9;
    template Main() { signal input C; signal input z; signal input y; signal input x; C * z === x; y * x === C; }
    component main { public [C, z, y] } = Main();`,
  libraries: [],
};

let folder: string;
let ptau: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-ceremony-'));
  ptau = join(folder, 'powers.ptau');
  const curve = await curves.getCurveFromName('bn128');
  await powersOfTau.newAccumulator(curve, POWER, join(folder, 'new.ptau'));
  await powersOfTau.contribute(join(folder, 'new.ptau'), join(folder, 'contributed.ptau'), 'test', 'test');
  await powersOfTau.preparePhase2(join(folder, 'contributed.ptau'), ptau);
  await curve.terminate();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await (await curves.getCurveFromName('bn128')).terminate();
  await rm(folder, { recursive: true });
});

async function ceremony(...args: string[]): Promise<CommandOutcome> {
  return await runCommand(registerCeremony, ['ceremony', ...args]);
}

test('keys of a ceremony go to a public network, and doctor finds them there', async () => {
  const place = { folder: join(folder, 'ceremony'), circuit: CIRCUIT, cache: join(folder, 'circuits') };
  await beginCeremony(place, ptau);
  const alice = await ceremony('contribute', '--folder', place.folder, '--name', 'Alice');
  expect(alice).toMatchObject({ exitCode: 0, stderr: '' });
  const beacon = await ceremony('beacon', '--folder', place.folder, '--value', `0x${'12'.repeat(32)}`);
  expect(beacon.exitCode).toBe(0);
  const { setup, transcript } = await verifyCeremony(place, ptau);
  expect(alice.stdout).toContain(transcript.steps[1]!.contributionHash);

  const root = join(folder, 'artifacts');
  const shape = await ensureCircuitArtifacts(SHAPES.tiny, CIRCUIT, { root, setup });
  const again = await ensureCircuitArtifacts(SHAPES.tiny, CIRCUIT, {
    root: join(folder, 'elsewhere'),
    setup,
  });
  expect(again.manifestId).toBe(shape.manifestId);
  const exit = join(root, 'exit-8-00');
  await asExitKeys(shape.folder, exit);

  const l1 = await startLocalL1({ chainId: SEPOLIA });
  try {
    vi.stubEnv('MILLRACE_L1_RPC_URL', l1.url);
    vi.stubEnv('MILLRACE_OPERATOR_KEY', l1.privateKeys[0]);
    vi.stubEnv('MILLRACE_ARTIFACTS', root);
    const out = join(folder, 'sepolia.json');
    const options = ['--network', 'sepolia', '--artifacts', shape.folder, '--exit-artifacts', exit];
    const run = await runCommand(registerDeploy, ['deploy', ...options, '--out', out]);
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringContaining('from a ceremony'),
    });
    const manifest = parseDeployManifest(JSON.parse(await readFile(out, 'utf8')));
    expect(manifest).toMatchObject({ chainId: SEPOLIA, devKeys: false });

    const doctor = await runCommand(registerDoctor, ['doctor', '--manifest', out]);
    expect(doctor.exitCode, doctor.stdout).toBe(0);
    expect(doctor.stdout).toMatch(/^ok +trusted setup +keys from a ceremony/m);
    expect(doctor.stdout).toMatch(/^ok +keys of tiny +here, and the verifier has them/m);
  } finally {
    await l1.stop();
  }
});

/** The same key as that of an exit circuit, which has three public inputs too. */
async function asExitKeys(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) await copyFile(join(from, name), join(to, name));
  const { shape, ...manifest } = JSON.parse(await readFile(join(from, 'manifest.json'), 'utf8')) as {
    shape: { depth: number };
  };
  await rm(join(to, 'manifest.json'));
  const exit = { ...manifest, exit: { depth: shape.depth } };
  await writeFile(join(to, 'exit-manifest.json'), JSON.stringify(exit));
}

test('a ceremony of another circuit than the repository has is not verified', async () => {
  const place = { folder: join(folder, 'own'), circuit: CIRCUIT, cache: join(folder, 'circuits') };
  await beginCeremony(place, ptau);
  const file = join(place.folder, 'ceremony.json');
  const transcript = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...transcript, circuit: 'exit-8' }));
  const run = await ceremony('verify', '--folder', place.folder, '--ptau', ptau);
  expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('another sourceHash') });
});

test.each([
  [['new', '--circuit', 'huge', '--ptau', 'x', '--folder', 'y'], 2, 'unknown-shape'],
  [['new', '--circuit', 'exit-9', '--ptau', 'x', '--folder', 'y'], 2, 'unknown-depth'],
  [['contribute', '--folder', 'nowhere', '--name', 'Alice'], 2, 'no-ceremony'],
  [['beacon', '--folder', 'nowhere', '--value', 'no hex'], 2, 'bad-beacon'],
  [['verify', '--folder', 'nowhere', '--ptau', 'x'], 2, 'no-ceremony'],
])('%j is refused', async (args, exitCode, reason) => {
  expect(await ceremony(...args)).toMatchObject({ exitCode, stderr: expect.stringContaining(reason) });
});

test('a name has to fit into the key', async () => {
  const run = await ceremony('contribute', '--folder', 'nowhere', '--name', 'x'.repeat(65));
  expect(run.stderr).toContain('1 to 64 bytes');
});
