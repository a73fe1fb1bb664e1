import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../protocol/error.ts';
import { nodeConfig, readSettings } from './config-sources.ts';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  file = join(folder, 'node.json');
});

afterAll(() => rmSync(folder, { recursive: true }));

function write(content: unknown): void {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

function setting(name: string, environment: Record<string, string>, path?: string) {
  return readSettings(environment, path).settings.find((candidate) => candidate.name === name);
}

/** The error of settings that are wrong. */
function failure(environment: Record<string, string>, path?: string): MillraceError {
  try {
    nodeConfig(readSettings(environment, path));
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('these settings are right');
}

describe('settings', () => {
  it('come from the environment, else the file, else the default, and say so', () => {
    write({ httpPort: 1234, batchAgeMs: 500, minimumFees: { 1: '100' }, shapes: ['tiny'] });
    const environment = { MILLRACE_HTTP_PORT: '99', MILLRACE_CONFIG: file };
    expect(setting('httpPort', environment)).toMatchObject({
      value: '99',
      source: 'environment MILLRACE_HTTP_PORT',
    });
    expect(setting('batchAgeMs', environment)).toMatchObject({ value: '500', source: `file ${file}` });
    expect(setting('httpHost', environment)).toMatchObject({ value: '127.0.0.1', source: 'default' });
    expect(setting('deployment', environment)).toMatchObject({ value: '', source: '' });
    expect(setting('minimumFees', environment)?.value).toBe('1=100');
    expect(readSettings(environment).values).toMatchObject({
      httpPort: 99,
      shapes: ['tiny'],
      minimumFees: new Map([[1, 100n]]),
    });
  });

  it('take texts of the environment for numbers, lists and pairs', () => {
    const environment = {
      MILLRACE_SHAPES: 'tiny,demo',
      MILLRACE_MINIMUM_FEES: '1=5,3=7',
      MILLRACE_MAX_FEE_PER_GAS: '30000000000',
      MILLRACE_FEE_KEY_HASH: '7',
      REDIS_URL: 'redis://127.0.0.1:6379',
    };
    expect(readSettings(environment).values).toMatchObject({
      shapes: ['tiny', 'demo'],
      minimumFees: new Map([
        [1, 5n],
        [3, 7n],
      ]),
      maxFeePerGas: 30_000_000_000n,
      feeKeyHash: 7n,
      redisUrl: 'redis://127.0.0.1:6379',
    });
  });

  it('take paths of a file from that file', () => {
    write({ dataDir: 'data', deployment: '/abs/deployment.json' });
    expect(readSettings({}, file).values).toMatchObject({
      dataDir: join(folder, 'data'),
      deployment: '/abs/deployment.json',
    });
  });

  it('hide secrets, right or wrong', () => {
    const environment = {
      MILLRACE_OPERATOR_KEY: `0x${'5e'.repeat(32)}`,
      MILLRACE_L1_RPC_URL: 'https://user:pass5e5e@l1.example/v2/5e5e5e?key=5e5e',
      MILLRACE_REDIS_URL: 'redis://:5e5e@127.0.0.1:6379',
    };
    const shown = JSON.stringify(readSettings(environment).settings);
    expect(shown).not.toContain('5e5e');
    expect(shown).toContain('https://(hidden)@l1.example/(hidden)');
    const wrong = failure({
      MILLRACE_OPERATOR_KEY: '5e5e',
      MILLRACE_L1_RPC_URL: 'ws://5e5e',
      MILLRACE_REDIS_URL: '5e5e',
    });
    expect(JSON.stringify([wrong.message, wrong.details, wrong.fix])).not.toContain('5e5e');
    expect(Object.keys(wrong.details)).toEqual(['l1RpcUrl', 'operatorKey', 'redisUrl']);
  });

  it('report all problems at once, each with its place', () => {
    write({ workers: -1, colour: 'red', operatorKey: `0x${'00'.repeat(32)}` });
    const { code, kind, details } = failure({ MILLRACE_HTTP_PORT: '70000', MILLRACE_BACKEND: 'gpu' }, file);
    expect({ code, kind }).toEqual({ code: 'bad-config', kind: 'input' });
    expect(details).toMatchObject({
      workers: expect.stringContaining(`file ${file}`),
      colour: expect.stringContaining('no such setting'),
      operatorKey: expect.stringContaining('environment only'),
      httpPort: expect.stringContaining('environment MILLRACE_HTTP_PORT'),
      backend: expect.stringContaining('environment MILLRACE_BACKEND'),
    });
  });

  it.each([
    ['MILLRACE_WORKERS', '1.5'],
    ['MILLRACE_WORKERS', ''],
    ['MILLRACE_SHAPES', 'huge'],
    ['MILLRACE_MINIMUM_FEES', '0=1'],
    ['MILLRACE_MINIMUM_FEES', '70000=1'],
    ['MILLRACE_MINIMUM_FEES', `1=${1n << 64n}`],
    ['MILLRACE_FEE_KEY_HASH', '0x12'],
    ['MILLRACE_CONFIRMATIONS', '1e3'],
    ['MILLRACE_LOG_LEVEL', 'loud'],
  ])('refuse %s=%s', (name, value) => {
    expect(failure({ [name]: value }).details).toEqual({
      [Object.keys(failure({ [name]: value }).details)[0]!]: expect.stringContaining(name),
    });
  });

  it('name what is missing to run', () => {
    expect(failure({}).details).toEqual({
      deployment: expect.stringContaining('MILLRACE_DEPLOYMENT'),
      l1RpcUrl: expect.stringContaining('MILLRACE_L1_RPC_URL'),
    });
    const environment = { MILLRACE_DEPLOYMENT: 'd.json', MILLRACE_L1_RPC_URL: 'http://127.0.0.1:8545' };
    expect(nodeConfig(readSettings(environment))).toMatchObject({ deployment: 'd.json', workers: 1 });
  });

  it('refuse a file that is missing or no object', () => {
    for (const content of ['{', '[]', '"x"']) {
      write(content);
      expect(failure({}, file)).toMatchObject({ code: 'bad-config-file', kind: 'input' });
    }
    expect(failure({}, join(folder, 'none.json')).code).toBe('bad-config-file');
  });
});
