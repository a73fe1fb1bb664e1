import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSignalTable } from './signal-table.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-sym-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function read(...lines: string[]) {
  const path = join(folder, 'circuit.sym');
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return await readSignalTable(path);
}

const refused = (problem: string) => ({
  kind: 'internal',
  code: 'unknown-circom-output',
  details: { problem },
});

it('reads signals, witness values and inputs', async () => {
  const table = await read('1,1,0,main.out', '2,2,0,main.in[0]', '3,-1,0,main.in[1]', '4,3,1,main.part.x');
  expect(table).toMatchObject({ signals: 5, witness: [0, 1, 2, 4] });
  expect(table.inputs(2, 2)).toEqual([{ name: 'in', size: 2 }]);
  expect(() => table.inputs(4, 1)).toThrow(expect.objectContaining(refused('an input has no plain name')));
});

it('refuses output of another form', async () => {
  await expect(read('2,1,0,main.out')).rejects.toMatchObject(refused('signals are not numbered in order'));
  await expect(read('1,1,0,main.a', '2,3,0,main.b')).rejects.toMatchObject(
    refused('a witness value has no signal'),
  );
});
