import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withBody } from '../../test/support/program-bytes.ts';
import { loadNative } from '../native/addon.ts';
import { NativeWitness } from '../witness-native.ts';
import { encodeProgram, type WitnessProgram } from './program-file.ts';

/** As in native/witness/program.hpp. */
const MAX_DEPTH = 512;
const MAX_COST = 2 ** 27;

const [END, COPY, RUN, POW] = [0, 1, 3, 12];
/** A place of the temporary room. */
const TEMPORARY = 2 ** 30;
const KEY = '00'.repeat(32);
const addon = loadNative();

/** A template of this code. */
const template = (...code: number[]) => ({ words: [...code, END], temporaries: 1 });
const nothing = template();
const runs = (callee: number, times = 1) =>
  template(...Array.from({ length: times }, () => [RUN, callee, 0]).flat());

/** A program whose main template is the last one; it takes one value and gives 1 and that. */
function programOf(templates: readonly { words: number[]; temporaries: number }[]): Buffer {
  const program: WitnessProgram = {
    signals: 2,
    firstInput: 1,
    inputs: [{ name: 'a', size: 1 }],
    main: templates.length - 1,
    constants: [],
    witness: [0, 1],
    templates,
  };
  return encodeProgram(program, KEY);
}

describe.skipIf(addon === undefined)('opening a witness program', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-program-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function open(file: Buffer): Promise<NativeWitness> {
    const path = join(folder, 'program');
    await writeFile(path, file);
    return NativeWitness.open(addon!, path);
  }

  const refused = (problem: string) => ({
    kind: 'input',
    code: 'bad-witness-program',
    message: expect.stringContaining(problem),
  });

  it('takes templates that run each other as deep as is allowed, and no deeper', async () => {
    const chain = (depth: number) =>
      programOf([nothing, ...Array.from({ length: depth - 1 }, (_, i) => runs(i))]);
    expect(await (await open(chain(MAX_DEPTH))).calculate({ a: '5' })).toHaveLength(76 + 2 * 32);
    for (const depth of [MAX_DEPTH + 1, 60_000])
      await expect(open(chain(depth))).rejects.toMatchObject(refused('too deep'));
  });

  it('refuses what would not end, also where the count would overflow', async () => {
    for (const levels of [30, 60, 70, 300]) {
      const doubling = Array.from({ length: levels }, (_, i) => runs(i, 2));
      await expect(open(programOf([nothing, ...doubling]))).rejects.toMatchObject(refused('takes too long'));
    }
  });

  it('counts instructions to the last one, and slow ones for more', async () => {
    // 2^16 of `steps` with its end: each run of it costs one more for the run itself.
    const repeated = (steps: number[], before: number[]) => [
      template(...steps),
      ...Array.from({ length: 16 }, (_, i) => runs(i, 2)),
      template(...before, RUN, 16, 0),
    ];
    const copy = [COPY, TEMPORARY, 0];
    const costOf = (own: number) => {
      let cost = own + 1;
      for (let level = 0; level < 16; level++) cost = 2 * (cost + 1) + 1;
      return cost + 2;
    };
    const own = 2044;
    const spare = MAX_COST - costOf(own);
    expect(spare).toBeGreaterThanOrEqual(0);
    const many = (count: number) => Array.from({ length: count }, () => copy).flat();
    await open(programOf(repeated(many(own), many(spare))));
    await expect(open(programOf(repeated(many(own), many(spare + 1))))).rejects.toMatchObject(
      refused('takes too long'),
    );
    const powers = Array.from({ length: own / 4 }, () => [POW, TEMPORARY, 0, 0]).flat();
    await expect(open(programOf(repeated(powers, [])))).rejects.toMatchObject(refused('takes too long'));
  });

  it('refuses templates that overlap or leave code between them', async () => {
    const file = programOf([nothing, runs(0), runs(1)]);
    const templates = (start: number, template: number) =>
      withBody(file, (body) => {
        // After the list of inputs: eight counts, no constant, two witness values.
        const table = 4 + body.readUInt32LE(0) + 4 * 8 + 4 * 2;
        body.writeUInt32LE(start, table + 8 * template);
        return body;
      });
    await open(templates(0, 0));
    for (const [start, template] of [
      [0, 1],
      [5, 1],
      [1, 2],
      [1, 0],
    ] as const)
      await expect(open(templates(start, template))).rejects.toMatchObject(refused('do not follow'));
    const behind = programOf([nothing, { words: [END, END], temporaries: 0 }]);
    await expect(open(behind)).rejects.toMatchObject(refused('code of no template'));
  });

  it('refuses a list of inputs that is no JSON', async () => {
    const file = withBody(programOf([nothing]), (body) => {
      body.write('!', 4);
      return body;
    });
    await expect(open(file)).rejects.toMatchObject(refused('not JSON'));
  });
});
