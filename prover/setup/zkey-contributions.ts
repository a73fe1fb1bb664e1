import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { WasmCurveGroup } from 'ffjavascript';
import { MillraceError } from '../../protocol/error.ts';
import { bn254 } from '../curve.ts';
import { POINT_BYTES } from './backend.ts';
import { readSectionTable } from './binary-file.ts';
import { ZKEY } from './zkey-sections.ts';

/** A contribution to phase 2, as the key itself has it. */
export interface ZkeyContribution {
  readonly kind: 'contribution' | 'beacon';
  readonly name: string;
  /** What snarkjs calls the contribution hash: 128 hex digits. */
  readonly hash: string;
  /** Of a beacon: its value in hex, and the base-2 logarithm of the number of times that it was hashed. */
  readonly beacon?: { readonly value: string; readonly iterationsExponent: number };
}

const ZKEY_VERSION = 1;
const HASH_BYTES = 64;
const TYPE_BEACON = 1;
const PARAMETER = { name: 1, iterationsExponent: 2, beacon: 3 } as const;
/** More than any ceremony has, and less than would fill the memory. */
const MAX_SECTION_BYTES = 2 ** 26;

/**
 * Reads the contributions of a zkey (section 10; snarkjs's `zkey_utils.js`), of which nothing is verified here.
 * @throws {MillraceError} `input/bad-zkey`
 */
export async function readContributions(zkey: string): Promise<ZkeyContribution[]> {
  const bad = (problem: string, details: Record<string, unknown> = {}): MillraceError =>
    new MillraceError('input', 'bad-zkey', `The zkey file ${problem}`, {
      details: { file: zkey, ...details },
      fix: 'Get the file again from who made the contribution.',
    });
  const file = await open(zkey, 'r').catch((cause: Error) => {
    throw bad('cannot be opened', { reason: cause.message });
  });
  try {
    const sections = await readSectionTable(file, { magic: 'zkey', version: ZKEY_VERSION, bad });
    const section = sections.get(ZKEY.contributions);
    if (section === undefined) throw bad('has no contributions');
    if (section.bytes > MAX_SECTION_BYTES) throw bad('has too many contributions');
    const { buffer } = await file.read(Buffer.alloc(section.bytes), 0, section.bytes, section.offset);
    return await new ContributionReader(buffer, bad).all();
  } finally {
    await file.close();
  }
}

class ContributionReader {
  readonly #bytes: Buffer;
  readonly #bad: (problem: string) => MillraceError;
  #at = 0;

  constructor(bytes: Buffer, bad: (problem: string) => MillraceError) {
    this.#bytes = bytes;
    this.#bad = bad;
  }

  async all(): Promise<ZkeyContribution[]> {
    const { G1, G2 } = await bn254();
    this.#take(HASH_BYTES); // of the circuit
    const count = this.#uint32();
    const found: ZkeyContribution[] = [];
    for (let i = 0; i < count; i++) found.push(this.#one(G1, G2));
    if (this.#at !== this.#bytes.length) throw this.#bad('has bytes after its last contribution');
    return found;
  }

  #one(G1: WasmCurveGroup, G2: WasmCurveGroup): ZkeyContribution {
    const hash = createHash('blake2b512');
    // delta afterwards, then s, s x and, in G2, s' x of the proof of knowledge.
    for (let i = 0; i < 3; i++) hash.update(bigEndian(G1, this.#take(POINT_BYTES[1]), POINT_BYTES[1]));
    hash.update(bigEndian(G2, this.#take(POINT_BYTES[2]), POINT_BYTES[2]));
    hash.update(this.#take(HASH_BYTES));
    const kind = this.#uint32() === TYPE_BEACON ? 'beacon' : 'contribution';
    const end = this.#uint32() + this.#at;
    let name = '';
    let iterationsExponent = 0;
    let value = '';
    while (this.#at < end) {
      const parameter = this.#take(1)[0];
      if (parameter === PARAMETER.name) name = this.#text();
      else if (parameter === PARAMETER.iterationsExponent) iterationsExponent = this.#take(1)[0]!;
      else if (parameter === PARAMETER.beacon) value = this.#take(this.#take(1)[0]!).toString('hex');
      else throw this.#bad('has a contribution with an unknown parameter');
    }
    if (this.#at !== end) throw this.#bad('has a contribution of another length than it says');
    const digest = hash.digest('hex');
    return {
      kind,
      name,
      hash: digest,
      ...(kind === 'beacon' ? { beacon: { value, iterationsExponent } } : {}),
    };
  }

  #text(): string {
    return this.#take(this.#take(1)[0]!).toString('utf8');
  }

  #uint32(): number {
    return this.#take(4).readUInt32LE(0);
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw this.#bad('ends inside a contribution');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

function bigEndian(group: WasmCurveGroup, point: Uint8Array, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  group.toRprUncompressed(out, 0, point);
  return out;
}
