import { afterEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../test/support/run-command.ts';
import { registerConfig } from './config.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('millrace config', () => {
  it('prints what holds and where it comes from, and hides secrets', async () => {
    vi.stubEnv('MILLRACE_HTTP_PORT', '7');
    vi.stubEnv('MILLRACE_OPERATOR_KEY', `0x${'5e'.repeat(32)}`);
    const { stdout, exitCode } = await runCommand(registerConfig, ['config']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^httpPort +7 +environment MILLRACE_HTTP_PORT/m);
    expect(stdout).toMatch(/^httpHost +127\.0\.0\.1 +default/m);
    expect(stdout).not.toContain('5e5e');
  });

  it('lists everything that is wrong, and ends with 2', async () => {
    vi.stubEnv('MILLRACE_WORKERS', 'x');
    vi.stubEnv('MILLRACE_SHAPES', 'y');
    const { stdout, stderr, exitCode } = await runCommand(registerConfig, ['config', '--json']);
    expect(exitCode).toBe(2);
    expect((JSON.parse(stdout) as { problems: unknown[] }).problems).toHaveLength(2);
    expect(stderr).toContain('MILLRACE_WORKERS');
    expect(stderr).toContain('MILLRACE_SHAPES');
  });
});
