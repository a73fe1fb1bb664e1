import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { type CommandOutcome, runCommand } from '../test/support/run-command.ts';
import { registerExit } from './exit.ts';
import { registerRestore } from './restore.ts';

const ROLLUP = `0x${'12'.repeat(20)}`;
const KEY = `0x${'34'.repeat(32)}`;
const SECRET = 'sesame-open';
const NOWHERE = `http://127.0.0.1:9/${SECRET}`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-exit-cli-'));

afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

async function exit(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandOutcome> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const outcome = await runCommand(registerExit, ['exit', '--rollup', ROLLUP, '--state', folder, ...args]);
  const shown = outcome.stdout + outcome.stderr;
  for (const secret of [KEY.slice(2), SECRET, 'not-a-key']) expect(shown).not.toContain(secret);
  return outcome;
}

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

test.each<[code: string, args: string[], env: Record<string, string>]>([
  ['no-key', [], {}],
  ['no-key', [], { MILLRACE_L1_KEY_FILE: join(folder, 'nowhere') }],
  ['bad-key', [], { MILLRACE_L1_KEY: 'not-a-key' }],
  ['bad-key', [], { MILLRACE_L1_KEY: `0x${'00'.repeat(32)}` }],
  ['bad-key', [], { MILLRACE_L1_KEY: KEY, MILLRACE_L2_KEY_FILE: file('l2', 'not-a-key') }],
  ['no-public-key', [], { MILLRACE_L1_KEY_FILE: file('l1', `${KEY}\n`) }],
  ['no-rpc-url', ['--public-key', '1,2'], { MILLRACE_L1_KEY: KEY }],
  ['no-rpc-url', ['--public-key', '1,2', '--rpc', `file://${SECRET}`], { MILLRACE_L1_KEY: KEY }],
])('%s %j %j', async (code, args, env) => {
  expect(await exit(args, env)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`[${code}]`) });
});

test('of an L1 node that does not answer the host is told, and no more', async () => {
  const outcome = await exit([], {
    MILLRACE_L1_KEY: KEY,
    MILLRACE_L2_KEY: KEY,
    MILLRACE_L1_RPC_URL: NOWHERE,
  });
  expect(outcome).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('[l1-unreachable]') });
  expect(outcome.stderr).toContain('127.0.0.1:9');
  const restore = await runCommand(registerRestore, ['restore', '--rollup', ROLLUP, '--rpc', NOWHERE]);
  expect(restore).toMatchObject({ exitCode: 3, stderr: expect.not.stringContaining(SECRET) });
});

test.each([
  ['--public-key', '1'],
  ['--public-key', '1,x'],
  ['--public-key', '1,2,3'],
  ['--public-key', `1,${'9'.repeat(77)}`],
  ['--account', '0'],
  ['--account', '1.5'],
  ['--owner', '0x12'],
  ['--from-block', '-1'],
])('%s %s is refused', async (option, value) => {
  await expect(exit([`${option}=${value}`], {})).resolves.toMatchObject({ exitCode: 1 });
});
