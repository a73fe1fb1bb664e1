import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workedExampleMarkdown } from './example.ts';

test('the page shows what the code makes; if not, run `node scripts/worked-example.ts`', () => {
  const page = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8');
  expect(page).toContain(workedExampleMarkdown());
});
