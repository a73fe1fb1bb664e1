import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isInstalled } from './dependencies.mjs';

const HERE = { os: [process.platform], cpu: [process.arch], optional: true };
const ELSEWHERE = { os: ['aix'], cpu: ['ppc64'], optional: true };
const LOCKED = {
  '': { name: 'millrace' },
  'node_modules/a': { integrity: 'sha512-a' },
  'node_modules/b-here': { integrity: 'sha512-b', ...HERE },
  'node_modules/b-elsewhere': { integrity: 'sha512-c', ...ELSEWHERE },
  'node_modules/part-of-b-elsewhere': { integrity: 'sha512-d', optional: true },
};
const INSTALLED = {
  'node_modules/a': { integrity: 'sha512-a' },
  'node_modules/b-here': { integrity: 'sha512-b', ...HERE },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function installedAre(packages: object): boolean {
  writeFileSync(join(folder, '.package-lock.json'), JSON.stringify({ packages }));
  return isInstalled(Buffer.from(JSON.stringify({ packages: LOCKED })), folder);
}

it('finds everything that this machine needs', () => {
  expect(installedAre(INSTALLED)).toBe(true);
});

it('finds nothing in an empty folder', () => {
  expect(isInstalled(Buffer.from(JSON.stringify({ packages: LOCKED })), folder)).toBe(false);
});

it.each([
  ['a package is missing', { 'node_modules/b-here': INSTALLED['node_modules/b-here'] }],
  ["this machine's build is missing", { 'node_modules/a': INSTALLED['node_modules/a'] }],
  ['a package is another version', { ...INSTALLED, 'node_modules/a': { integrity: 'sha512-z' } }],
  ['there is one too many', { ...INSTALLED, 'node_modules/z': { integrity: 'sha512-z' } }],
])('sees that %s', (_, packages) => {
  expect(installedAre(packages)).toBe(false);
});
