import { expect, it } from 'vitest';
import { runCommand } from '../test/support/run-command.ts';
import { registerSetup } from './setup.ts';

it.each([['--contribute'], ['--ptau', 'powers.ptau']])(
  'takes --ptau and --contribute together only, not %s',
  async (...options) => {
    const outcome = await runCommand(registerSetup, ['setup', '--shape', 'tiny', ...options]);
    expect(outcome).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[setup-options]') });
  },
);
