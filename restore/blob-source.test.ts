import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { blobFileName } from '../aggregator/blob-archive.ts';
import { versionedHashOf } from '../aggregator/kzg.ts';
import { encodeBlob } from '../protocol/blob/blob.ts';
import { toHex } from '../protocol/bytes.ts';
import { kzg } from '../test/support/kzg.ts';
import { blobSource } from './blob-source.ts';

const GENESIS = 1_000_000;
const SECONDS_PER_SLOT = 12;
const SLOT = 7;
const TIMESTAMP = GENESIS + SLOT * SECONDS_PER_SLOT;
const KEY = 'a-secret-key';

describe.skipIf(kzg === undefined)('a beacon node', () => {
  const [blob, other] = [encodeBlob([1n, 2n]), encodeBlob([3n])];
  const hash = versionedHashOf(kzg!.blobToKzgCommitment(blob));
  let server: Server;
  let url: string;
  let answers: Map<string, unknown>;
  let asked: string[];
  let authorization: string | undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!);
      authorization = request.headers.authorization;
      const answer = answers.get(new URL(request.url!, url).pathname);
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(JSON.stringify(answer ?? {}));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  beforeEach(() => {
    asked = [];
    answers = new Map<string, unknown>([
      ['/eth/v1/beacon/genesis', { data: { genesis_time: `${GENESIS}` } }],
      ['/eth/v1/config/spec', { data: { SECONDS_PER_SLOT: `${SECONDS_PER_SLOT}` } }],
      [`/eth/v1/beacon/blobs/${SLOT}`, { data: [toHex(other), toHex(blob)] }],
    ]);
  });

  const find = (timestamp = TIMESTAMP) => blobSource(`${url}/?key=${KEY}`).blob(hash, timestamp);

  test('gives the blob of the slot that has this hash', async () => {
    expect(await find()).toEqual(blob);
    expect(asked.at(-1)).toBe(`/eth/v1/beacon/blobs/${SLOT}?key=${KEY}&versioned_hashes=${hash}`);
    expect(await find(TIMESTAMP + SECONDS_PER_SLOT)).toBeUndefined();
  });

  test('is told user and password of its URL, which nobody else is', async () => {
    const withKey = url.replace('//', `//me:${KEY}%21@`);
    expect(await blobSource(withKey).blob(hash, TIMESTAMP)).toEqual(blob);
    expect(authorization).toBe(`Basic ${Buffer.from(`me:${KEY}!`).toString('base64')}`);
    answers.set('/eth/v1/beacon/genesis', []);
    const error = await blobSource(withKey)
      .blob(hash, TIMESTAMP)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'blob-source-fails' });
    expect(JSON.stringify({ ...(error as object), message: `${error}` })).not.toContain(KEY);
  });

  test('that never stops answering is told of', async () => {
    answers.set(`/eth/v1/beacon/blobs/${SLOT}`, { data: [toHex(blob)], more: 'x'.repeat(2 ** 26) });
    await expect(find()).rejects.toMatchObject({
      code: 'blob-source-fails',
      details: expect.objectContaining({ reason: expect.stringContaining('longer than') }),
    });
  });

  test('that gives others has none', async () => {
    answers.set(`/eth/v1/beacon/blobs/${SLOT}`, { data: [toHex(other)] });
    expect(await find()).toBeUndefined();
  });

  test.each<[string, string, unknown]>([
    ['no blobs', `/eth/v1/beacon/blobs/${SLOT}`, { data: ['0x12'] }],
    ['something else', `/eth/v1/beacon/blobs/${SLOT}`, { blobs: [] }],
    ['no genesis', '/eth/v1/beacon/genesis', undefined],
    ['no slots', '/eth/v1/config/spec', { data: { SECONDS_PER_SLOT: '0' } }],
  ])('that answers with %s is told of, without its key', async (_, place, answer) => {
    answers.set(place, answer);
    const error = await find().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'blob-source-fails', kind: 'refused' });
    expect(JSON.stringify({ ...(error as object), message: `${error}` })).not.toContain(KEY);
  });

  test('that is not there is told of', async () => {
    await expect(blobSource('http://127.0.0.1:1').blob(hash, TIMESTAMP)).rejects.toMatchObject({
      code: 'blob-source-fails',
    });
  });
});

test('a folder without the file has no blob', async () => {
  expect(await blobSource('/nonexistent').blob(`0x01${'0'.repeat(62)}`, 0)).toBeUndefined();
});

test('a file of another size, however large, is no blob', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-blob-source-'));
  const hash = `0x01${'0'.repeat(62)}`;
  const file = join(folder, blobFileName(hash));
  for (const size of [0, 3 * 2 ** 30]) {
    writeFileSync(file, '');
    truncateSync(file, size);
    expect(await blobSource(folder).blob(hash, 0)).toBeUndefined();
  }
  rmSync(folder, { recursive: true });
});
