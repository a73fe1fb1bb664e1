import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import { runCommand } from '../test/support/run-command.ts';
import { registerStatus } from './status.ts';

it('ends with 3 when no node answers where the settings say', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  vi.stubEnv('MILLRACE_HTTP_PORT', String(port));
  const { stderr, exitCode } = await runCommand(registerStatus, ['status']);
  vi.unstubAllEnvs();
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`http://127.0.0.1:${port}`);
  expect(stderr).toContain('millrace node');
});
