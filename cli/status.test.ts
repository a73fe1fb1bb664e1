import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
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
  expect(stderr).toContain('[node-unreachable]');
  expect(stderr).toContain('millrace node');
});

it('ends with 3 where something else answers', async () => {
  const server = createHttpServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    const outcome = await runCommand(registerStatus, ['status', '--node', `http://127.0.0.1:${port}`]);
    expect(outcome).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('HTTP status 404') });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
