import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { devPrivateKeys } from '../scripts/local-l1.ts';
import { operatorWallet } from './operator-key.ts';

const [key] = devPrivateKeys(1) as [string];
const ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

test('the key comes from a setting or from a file', () => {
  expect(operatorWallet({ operatorKey: key }).address).toBe(ADDRESS);
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-key-'));
  const file = path.join(folder, 'key');
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  try {
    expect(operatorWallet({ operatorKeyFile: file }).address).toBe(ADDRESS);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [{}, 'no-operator-key'],
  [{ operatorKeyFile: '/nowhere/at/all' }, 'no-operator-key'],
  [{ operatorKey: `${key}00` }, 'bad-operator-key'],
  [{ operatorKey: key.slice(2) }, 'bad-operator-key'],
  [{ operatorKey: `0x${'0'.repeat(64)}` }, 'bad-operator-key'],
  [{ operatorKey: `0x${'f'.repeat(64)}` }, 'bad-operator-key'],
])('a wrong setting %# is refused without quoting it', (settings, code) => {
  let error: unknown;
  try {
    operatorWallet(settings);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code, kind: 'input' });
  const value = Object.values(settings)[0];
  if (value !== undefined && value.length > 60) {
    expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain(
      value.slice(2, 40),
    );
  }
});
