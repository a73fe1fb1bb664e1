import { expect, test, vi } from 'vitest';
import { BLOB_BYTES } from '../protocol/blob/blob.ts';
import { isBlobOf } from './kzg.ts';
import { blobHasher, packBlob } from './packed-blob.ts';

// As where npm could not build this optional package.
vi.mock('c-kzg', () => {
  throw new Error("Cannot find package 'c-kzg'");
});

test('without c-kzg no blob is packed, and none is told from another', async () => {
  for (const attempt of [() => packBlob([]), blobHasher]) {
    await expect(attempt()).rejects.toMatchObject({
      kind: 'refused',
      code: 'no-kzg',
      fix: expect.stringContaining('calldata'),
    });
  }
  expect(await isBlobOf(new Uint8Array(BLOB_BYTES), `0x01${'00'.repeat(31)}`)).toBeUndefined();
});
