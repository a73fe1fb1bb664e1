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

it.each([
  ['no choice', { place: 'blob', forecast: null }, /Data +new batches go to a blob\n/],
  [
    'L1 without blobs',
    {
      place: 'calldata',
      forecast: { weiATransfer: { calldata: '1', blob: null }, gasPrice: '1', blobGasPrice: null },
    },
    /calldata: L1 has no blobs/,
  ],
  [
    'a choice',
    {
      place: 'blob',
      forecast: {
        weiATransfer: { calldata: '14000123456000', blob: '9500000000' },
        gasPrice: '1000000000',
        blobGasPrice: '1',
      },
    },
    /a blob: a transfer costs 14,000 gwei in calldata, 9.5 in a blob \(gas 1, blob gas 0.000000001 gwei\)/,
  ],
])('says where the data go: %s', async (_, data, expected) => {
  const counts = { planned: 0 };
  const status = {
    rollup: {},
    openBatch: { ageMs: null },
    batches: counts,
    ops: counts,
    l1Queue: { oldestAgeMs: null },
    proving: {},
    data,
    exitMode: null,
    l1Failures: {},
  };
  const server = createHttpServer((_request, response) => response.end(JSON.stringify(status)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const { stdout } = await runCommand(registerStatus, ['status', '--node', url]);
  server.closeAllConnections();
  server.close();
  expect(stdout).toMatch(expected);
});
