import { copyFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curves, powersOfTau, zKey } from 'snarkjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Circuit } from '../artifacts/circuit-sources.ts';
import { applyBeacon, beginCeremony, type CeremonyPlace, contribute, verifyCeremony } from './ceremony.ts';
import { readTranscript, type Transcript, writeTranscript } from './ceremony-transcript.ts';
import { readContributions } from './zkey-contributions.ts';

const POWER = 4;
const MAIN = `
  pragma circom 2.1.9;
  template Main() { signal input x; signal input y; signal input p; x * y === p; }
  component main { public [p] } = Main();`;

let folder: string;
let ptau: string;
let circuit: Circuit;
let other: Circuit;
let place: CeremonyPlace;
/** The transcript of the ceremony in `place`: two contributions and a beacon. */
let transcript: Transcript;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-ceremony-'));
  circuit = { name: 'toy', main: MAIN, libraries: [] };
  other = { ...circuit, main: MAIN.replace('x * y', 'x * x') };
  ptau = join(folder, 'powers.ptau');
  const curve = await curves.getCurveFromName('bn128');
  await powersOfTau.newAccumulator(curve, POWER, join(folder, 'new.ptau'));
  await powersOfTau.contribute(join(folder, 'new.ptau'), join(folder, 'contributed.ptau'), 'test', 'test');
  await powersOfTau.preparePhase2(join(folder, 'contributed.ptau'), ptau);
  await powersOfTau.preparePhase2(join(folder, 'new.ptau'), join(folder, 'nobody.ptau'));
  await curve.terminate();

  place = { folder: join(folder, 'ceremony'), circuit, cache: join(folder, 'circuits') };
  await beginCeremony(place, ptau);
  await contribute(place.folder, 'Alice');
  await contribute(place.folder, 'Bob');
  await applyBeacon(place.folder, 'ab'.repeat(32), 10);
  transcript = await readTranscript(place.folder);
});

afterAll(async () => {
  await (await curves.getCurveFromName('bn128')).terminate();
  await rm(folder, { recursive: true });
});

/** A copy of the ceremony's last key with another transcript. */
async function copyOf(change: (transcript: Transcript) => void, last?: string): Promise<CeremonyPlace> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  const changed = structuredClone(transcript);
  change(changed);
  const { file } = changed.steps.at(-1)!;
  await copyFile(last ?? join(place.folder, file), join(copy, file));
  await writeTranscript(copy, changed);
  return { ...place, folder: copy };
}

test('a ceremony verifies, and its key is installed with what it is', async () => {
  expect(transcript.steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'initial ',
    'contribution Alice',
    'contribution Bob',
    'beacon beacon',
  ]);
  const { setup } = await verifyCeremony(place, ptau);
  const zkey = join(folder, 'installed.zkey');
  const made = await setup.makeKey({ r1cs: '', zkey, report: () => undefined });
  expect(made).toMatchObject({ kind: 'ceremony', backend: 'snarkjs', contributions: 2 });
  expect(await readFile(zkey)).toEqual(await readFile(join(place.folder, '0003.zkey')));
  expect((await verifyCeremony(place, ptau)).setup.identity).toBe(setup.identity);
});

test('the last key alone is enough', async () => {
  await expect(verifyCeremony(await copyOf(() => undefined), ptau)).resolves.toMatchObject({ transcript });
});

test('contributions are read from the key as snarkjs hashes them', async () => {
  const zkey = join(folder, 'more.zkey');
  const hash = await zKey.contribute(join(place.folder, '0002.zkey'), zkey, 'Carol', 'test');
  const found = await readContributions(zkey);
  expect(found.map(({ name }) => name)).toEqual(['Alice', 'Bob', 'Carol']);
  expect(found.at(-1)?.hash).toBe(Buffer.from(hash).toString('hex'));
  expect((await readContributions(join(place.folder, '0003.zkey'))).at(-1)).toMatchObject({
    kind: 'beacon',
    beacon: { value: 'ab'.repeat(32), iterationsExponent: 10 },
  });
});

test('a key cut or filled up in its contributions is refused', async () => {
  const bytes = await readFile(join(place.folder, '0002.zkey'));
  const name = bytes.indexOf('Bob');
  const changed = join(folder, 'changed.zkey');
  for (const length of [0, 2, 200]) {
    const copy = Buffer.from(bytes);
    copy[name - 1] = length;
    await writeFile(changed, copy);
    await expect(readContributions(changed)).rejects.toMatchObject({ kind: 'input', code: 'bad-zkey' });
  }
});

test('nothing is added after the beacon, and no second ceremony begun in the folder', async () => {
  await expect(contribute(place.folder, 'Dave')).rejects.toMatchObject({ code: 'ceremony-closed' });
  await expect(applyBeacon(place.folder, 'ab', 10)).rejects.toMatchObject({ code: 'ceremony-closed' });
  await expect(beginCeremony(place, ptau)).rejects.toMatchObject({ code: 'ceremony-exists' });
});

test.each([
  ['', 10],
  ['abc', 10],
  ['xy', 10],
  ['ab', 9],
  ['ab', 64],
  ['ab', 10.5],
  ['ab', Number.NaN],
])('the beacon %j, %i is refused', async (value, exponent) => {
  await expect(applyBeacon(place.folder, value, exponent)).rejects.toMatchObject({ code: 'bad-beacon' });
});

test('a key to which nobody contributed is refused, with a beacon too', async () => {
  const lonely = { ...place, folder: join(folder, 'lonely') };
  await beginCeremony(lonely, ptau);
  await expect(verifyCeremony(lonely, ptau)).rejects.toMatchObject({ code: 'ceremony-invalid' });
  await applyBeacon(lonely.folder, 'ab', 10);
  await expect(verifyCeremony(lonely, ptau)).rejects.toMatchObject({ message: /nobody has contributed/ });
});

test('powers of tau of nobody, or too few of them, begin nothing', async () => {
  const begin = (file: string) =>
    beginCeremony({ ...place, folder: join(folder, 'never') }, join(folder, file));
  await expect(begin('nobody.ptau')).rejects.toMatchObject({ code: 'ptau-invalid' });
  await expect(begin('contributed.ptau')).rejects.toMatchObject({ code: 'bad-ptau' });
});

test('other powers, another circuit and a changed key are told', async () => {
  await expect(verifyCeremony(place, join(folder, 'nobody.ptau'))).rejects.toMatchObject({
    code: 'ceremony-invalid',
    message: /another ptauSha256/,
  });
  await expect(verifyCeremony({ ...place, circuit: other }, ptau)).rejects.toMatchObject({
    message: /another sourceHash/,
  });
  const changed = await copyOf(() => undefined);
  const key = await open(join(changed.folder, '0003.zkey'), 'r+');
  const { size } = await stat(join(changed.folder, '0003.zkey'));
  await key.write(Buffer.from([1]), 0, 1, size - 1);
  await key.close();
  await expect(verifyCeremony(changed, ptau)).rejects.toMatchObject({ message: /a key is not that/ });
});

test('a transcript that says something else than the key is refused', async () => {
  const renamed = await copyOf(({ steps }) => {
    steps[1]!.name = 'Mallory';
  });
  await expect(verifyCeremony(renamed, ptau)).rejects.toMatchObject({
    message: /a contribution of the last key/,
  });
  const shorter = await copyOf(
    (changed) => {
      changed.steps.splice(2, 2, { ...changed.steps[3]!, file: '0002.zkey' });
    },
    join(place.folder, '0003.zkey'),
  );
  await expect(verifyCeremony(shorter, ptau)).rejects.toMatchObject({ message: /another number/ });
});

test('a key of another circuit with true hashes is refused by the constraints', async () => {
  const foreign = { ...place, circuit: other, folder: join(folder, 'foreign') };
  await beginCeremony(foreign, ptau);
  await contribute(foreign.folder, 'Mallory');
  const theirs = await readTranscript(foreign.folder);
  const { circuit: name, sourceHash, r1csSha256 } = transcript;
  await writeTranscript(foreign.folder, { ...theirs, circuit: name, sourceHash, r1csSha256 });
  await expect(verifyCeremony({ ...foreign, circuit }, ptau)).rejects.toMatchObject({
    message: /does not follow/,
  });
});

test('a folder without a ceremony and a transcript that is none are refused', async () => {
  await expect(readTranscript(folder)).rejects.toMatchObject({ code: 'no-ceremony' });
  for (const change of [
    (changed: Transcript) => changed.steps.reverse(),
    (changed: Transcript) => {
      changed.steps[1]!.sha256 = 'x';
    },
    (changed: Transcript) => {
      changed.steps[1]!.file = '0007.zkey';
    },
  ]) {
    const changed = structuredClone(transcript);
    change(changed);
    const copy = await mkdtemp(join(folder, 'bad-'));
    await writeTranscript(copy, changed);
    await expect(readTranscript(copy)).rejects.toMatchObject({ code: 'bad-ceremony' });
  }
});
