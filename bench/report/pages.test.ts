import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { benchmarkPages } from './pages.ts';

const pages = await benchmarkPages();

it.each(pages.map(({ path, text }) => ({ page: basename(path), path, text })))(
  'docs/$page is what the committed results say: ./millrace bench docs writes it',
  async ({ path, text }) => {
    expect(await readFile(path, 'utf8')).toBe(text);
  },
);

it('no page names a file or a computer of those who measured', () => {
  for (const { text } of pages) {
    expect(text).not.toMatch(/(?:^|[\s=,'"(`])(?:~|\/(?:home|root|tmp|work|Users|mnt|opt|var))\//m);
  }
});
