/** Writes the worked example into docs/protocol.md, between its markers: `node scripts/worked-example.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { workedExampleMarkdown } from '../protocol/example.ts';

const PAGE = new URL('../docs/protocol.md', import.meta.url);
const BEGIN = '<!-- worked example: made by scripts/worked-example.ts -->\n';
const END = '<!-- end of worked example -->';

const page = readFileSync(PAGE, 'utf8');
const [before, rest] = page.split(BEGIN);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined)
  throw new Error(`docs/protocol.md has no markers: ${BEGIN}${END}`);
writeFileSync(PAGE, `${before}${BEGIN}\n${workedExampleMarkdown()}\n${END}${after}`);
