import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import { HINTS } from './hints.ts';

const FOLDER = join(REPOSITORY, 'circuits');
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;

const code = (file: string): string => readFileSync(join(FOLDER, file), 'utf8').replace(COMMENT, '');

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.circom'))
  .sort();

test('the list has every signal that is assigned without a constraint', () => {
  const found = files.flatMap((file) =>
    [...code(file).matchAll(/^\s*(?:signal\s+(?:output\s+)?)?(.+?)\s*<--/gm)].map(([, signal]) => ({
      file,
      signal,
    })),
  );
  const arrows = files.flatMap((file) => code(file).match(/<--|-->/g) ?? []);
  expect(found).toHaveLength(arrows.length);
  expect(HINTS.map(({ file, signal }) => ({ file, signal }))).toEqual(found);
});

test.each(HINTS)('$file: the constraints said to fix $signal are there', ({ file, fixedBy }) => {
  const lines = code(file)
    .split('\n')
    .map((line) => line.trim());
  for (const constraint of fixedBy) expect(lines).toContain(constraint);
});
