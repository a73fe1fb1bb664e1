import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IDENTITY } from '../test/support/batcher-fixture.ts';
import { RestoreStore } from './restore-store.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-restore-store-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a folder that cannot be made is told of', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const state = join(file, 'state');
  expect(() => RestoreStore.open(state, IDENTITY)).toThrow(
    expect.objectContaining({
      kind: 'input',
      code: 'unwritable-folder',
      details: expect.objectContaining({ folder: state }),
      fix: expect.stringContaining('--state'),
    }),
  );
});
