import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD } from '../../protocol/field.ts';
import type { VerificationKey } from '../proof.ts';
import { readVerificationKey } from '../verification-key.ts';
import { devSetup } from './dev-setup.ts';
import { toLittleEndian, uint32 } from './little-endian.ts';
import { compileTestCircuit } from './test-circuits.ts';
import { exportVerificationKey } from './verification-key.ts';
import { readZkeyFile, type ZkeyFile } from './zkey-file.ts';
import { BASE_FIELD, ZKEY } from './zkey-sections.ts';

let folder: string;
let whole: Buffer;
let frame: ZkeyFile;
let vkey: VerificationKey;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-zkey-'));
  const { r1cs } = await compileTestCircuit('mixed', folder);
  const zkey = join(folder, 'good.zkey');
  await devSetup({ r1cs, zkey, backend: 'wasm', threads: 1 });
  whole = await readFile(zkey);
  frame = await readZkeyFile(zkey);
  vkey = await exportVerificationKey(zkey);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(bytes: Uint8Array): Promise<ZkeyFile> {
  const path = join(folder, 'altered.zkey');
  await writeFile(path, bytes);
  return readZkeyFile(path);
}

/** A copy with other bytes at a place. */
function altered(at: number, bytes: Uint8Array): Buffer {
  const copy = Buffer.from(whole);
  copy.set(bytes, at);
  return copy;
}

const offset = (section: number): number => frame.sections.get(section)?.offset ?? Number.NaN;
/** Place of a section's length. */
const lengthAt = (section: number): number => offset(section) - 8;
/** Places in the header section. */
const HEADER = {
  q: 4,
  r: 40,
  wires: 72,
  publicWires: 76,
  domain: 80,
  alpha1: 84,
  gamma2: 84 + 256,
  delta2: 84 + 448,
};
const badZkey = { name: 'MillraceError', kind: 'input', code: 'bad-zkey' };

describe('a proving key from outside', () => {
  it('is read with its sizes', () => {
    expect(frame).toMatchObject({ publicWires: 3, domainSize: 32 });
    expect(frame.sections.size).toBe(10);
    expect(whole.readUInt32LE(offset(ZKEY.coefficients))).toBe(frame.coefficients);
  });

  it('is refused when cut at any place', async () => {
    for (let length = 0; length < whole.length; length += 97) {
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject(badZkey);
    }
    await expect(read(whole.subarray(0, whole.length - 1))).rejects.toMatchObject(badZkey);
  });

  it.each<[string, () => Buffer]>([
    ['another magic', () => altered(0, Buffer.from('ptau'))],
    ['another version', () => altered(4, uint32(3))],
    ['fewer sections than it has', () => altered(8, uint32(9))],
    ['a million sections', () => altered(8, uint32(1_000_000))],
    ['bytes after the end', () => Buffer.concat([whole, Buffer.alloc(5)])],
    ['a section twice', () => altered(offset(ZKEY.b1) - 12, uint32(ZKEY.a))],
    ['a section of 2^64 - 1 bytes', () => altered(lengthAt(ZKEY.h), Buffer.alloc(8, 0xff))],
    ['a section one byte too long', () => altered(lengthAt(ZKEY.h), uint32(frame.domainSize * 64 + 1))],
    ['another protocol', () => altered(offset(ZKEY.protocol), uint32(2))],
    ['another base field', () => altered(offset(ZKEY.header) + HEADER.q, toLittleEndian(FIELD, 32))],
    ['another scalar field', () => altered(offset(ZKEY.header) + HEADER.r, toLittleEndian(BASE_FIELD, 32))],
    ['one wire more', () => altered(offset(ZKEY.header) + HEADER.wires, uint32(frame.wires + 1))],
    ['no wire', () => altered(offset(ZKEY.header) + HEADER.wires, uint32(0))],
    ['one public signal more', () => altered(offset(ZKEY.header) + HEADER.publicWires, uint32(4))],
    ['2^32 - 1 public signals', () => altered(offset(ZKEY.header) + HEADER.publicWires, uint32(2 ** 32 - 1))],
    ['a domain of 31', () => altered(offset(ZKEY.header) + HEADER.domain, uint32(31))],
    ['a domain of 0', () => altered(offset(ZKEY.header) + HEADER.domain, uint32(0))],
    ['a domain of 2^31', () => altered(offset(ZKEY.header) + HEADER.domain, uint32(2 ** 31))],
    ['one coefficient more', () => altered(offset(ZKEY.coefficients), uint32(frame.coefficients + 1))],
    ['a coordinate not below q', () => altered(offset(ZKEY.header) + HEADER.alpha1, Buffer.alloc(32, 0xff))],
  ])('is refused with %s', async (_, make) => {
    await expect(read(make())).rejects.toMatchObject(badZkey);
  });

  it('is refused when gamma is delta', async () => {
    const gamma = whole.subarray(offset(ZKEY.header) + HEADER.gamma2).subarray(0, 128);
    const forgeable = altered(offset(ZKEY.header) + HEADER.delta2, gamma);
    await expect(read(forgeable)).rejects.toMatchObject({ kind: 'refused', code: 'forgeable-key' });
  });

  it('never fails in another way, whatever bytes change', async () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const copy = Buffer.from(whole);
        for (const [at, value] of changes) copy[at] = value;
        const outcome = await read(copy).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MillraceError);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a verification key from outside', () => {
  /** On the twist, but not in the subgroup of order r. */
  const OUTSIDE_SUBGROUP = [
    ['1', '0'],
    [
      '18278151005453108793778860132295291098363647455926340152056652516292830556603',
      '5912654199736721486680175016176231956195085055698687135131307249486702594212',
    ],
    ['1', '0'],
  ];
  const malformed = { name: 'MillraceError', kind: 'input', code: 'malformed-verification-key' };
  const infinity1 = ['0', '1', '0'];
  const infinity2 = [
    ['0', '0'],
    ['1', '0'],
    ['0', '0'],
  ];

  it('is taken as exported', async () => {
    expect((await readVerificationKey(vkey)).key).toMatchObject({ nPublic: 3, curve: 'bn128' });
  });

  it.each<[string, () => object]>([
    ['another curve', () => ({ ...vkey, curve: 'bls12381' })],
    ['another protocol', () => ({ ...vkey, protocol: 'plonk' })],
    ['a missing point', () => ({ ...vkey, vk_alpha_1: undefined })],
    ['one public signal more', () => ({ ...vkey, nPublic: 4 })],
    ['an IC point too few', () => ({ ...vkey, IC: vkey.IC.slice(1) })],
    ['alpha off the curve', () => ({ ...vkey, vk_alpha_1: ['1', '3', '1'] })],
    ['alpha at infinity', () => ({ ...vkey, vk_alpha_1: infinity1 })],
    ['beta at infinity', () => ({ ...vkey, vk_beta_2: infinity2 })],
    ['delta at infinity', () => ({ ...vkey, vk_delta_2: infinity2 })],
    ['an IC point at infinity', () => ({ ...vkey, IC: vkey.IC.with(2, ['0', '1', '0']) })],
    [
      'a coordinate that is not reduced',
      () => ({ ...vkey, vk_alpha_1: [String(1n + BASE_FIELD), '2', '1'] }),
    ],
    ['a point off the twist', () => ({ ...vkey, vk_beta_2: OUTSIDE_SUBGROUP.with(0, ['2', '0']) })],
    ['a point outside the subgroup', () => ({ ...vkey, vk_beta_2: OUTSIDE_SUBGROUP })],
    ['something else altogether', () => []],
  ])('is refused with %s', async (_, make) => {
    await expect(readVerificationKey(make())).rejects.toMatchObject(malformed);
  });

  const opposite = ([x, [y0, y1], z]: VerificationKey['vk_beta_2']) => [
    x,
    [String(BASE_FIELD - BigInt(y0)), String(BASE_FIELD - BigInt(y1))],
    z,
  ];

  it.each<[string, () => object]>([
    ['delta is gamma', () => ({ vk_delta_2: vkey.vk_gamma_2 })],
    ['delta is -gamma', () => ({ vk_delta_2: opposite(vkey.vk_gamma_2) })],
    ['beta is gamma', () => ({ vk_beta_2: vkey.vk_gamma_2 })],
    ['beta is -gamma', () => ({ vk_beta_2: opposite(vkey.vk_gamma_2) })],
    ['delta is beta', () => ({ vk_delta_2: vkey.vk_beta_2 })],
    ['delta is -beta', () => ({ vk_delta_2: opposite(vkey.vk_beta_2) })],
  ])('is refused when %s', async (_, change) => {
    await expect(readVerificationKey({ ...vkey, ...change() })).rejects.toMatchObject({
      kind: 'refused',
      code: 'forgeable-key',
    });
  });
});
