import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { FIELD } from '../../protocol/field.ts';
import type { CircuitLayout, Group, QapScalars, SetupSecrets } from '../native/addon.ts';
import { type FixedBase, POINT_BYTES, SCALAR_BYTES, type SetupBackend } from './backend.ts';
import { firstContribution } from './contribution.ts';
import type { SetupProgress } from './dev-setup.ts';
import { toLittleEndian, uint32 } from './little-endian.ts';
import { wipe } from './secrets.ts';
import { SectionWriter } from './section-writer.ts';
import { BASE_FIELD, PROTOCOL_GROTH16, ZKEY } from './zkey-sections.ts';

const ZKEY_VERSION = 1;
const ZKEY_SECTIONS = 10;
/** Points between two reports of progress. */
const CHUNK_POINTS = 1 << 14;

export interface ZkeyJob {
  /** Open for writing, empty. */
  readonly file: FileHandle;
  readonly backend: SetupBackend;
  readonly layout: CircuitLayout;
  readonly secrets: SetupSecrets;
  readonly onProgress: (progress: SetupProgress) => void;
}

/**
 * Writes a complete Groth16 zkey. Order of the sections and bytes of each are those of snarkjs 0.7.6, but for which of
 * the two equivalent bases the H points are: here always the Lagrange basis of degree below twice the domain's size,
 * which snarkjs uses when the ceremony is larger than the circuit.
 */
export async function writeZkey(job: ZkeyJob): Promise<void> {
  const { backend, layout, secrets } = job;
  const writer = await SectionWriter.start(job.file, 'zkey', ZKEY_VERSION, ZKEY_SECTIONS);
  await writer.section(ZKEY.protocol, () => writer.append(uint32(PROTOCOL_GROTH16)));

  const points = await PointWriter.create(job, writer);
  const deltaG1 = await writeHeader(points, writer, layout, secrets);

  job.onProgress({ stage: 'constraints', done: 0, total: layout.constraints });
  let scalars: QapScalars | undefined;
  await writer.section(ZKEY.coefficients, async () => {
    scalars = await backend.evaluateQap(layout, secrets, writer.fd, writer.position);
    writer.skip(scalars.coefficientBytes);
  });
  if (scalars === undefined) return;
  job.onProgress({ stage: 'constraints', done: layout.constraints, total: layout.constraints });
  try {
    const publicBytes = SCALAR_BYTES * (layout.publicWires + 1);
    const domain = 2 ** layout.domainPower;
    await points.section(ZKEY.ic, 1, scalars.combined.subarray(0, publicBytes));
    await points.hashOnly(
      1,
      scalars.vanishing.subarray(0, SCALAR_BYTES * hashedVanishing(domain)),
      domain - 1,
    );
    await points.hashOnly(1, scalars.combined.subarray(publicBytes));
    await points.section(ZKEY.a, 1, scalars.a);
    await points.section(ZKEY.b1, 1, scalars.b);
    await points.section(ZKEY.b2, 2, scalars.b);
    await points.sectionWithoutHash(ZKEY.l, 1, scalars.l);
    await points.sectionWithoutHash(ZKEY.h, 1, scalars.h);
  } finally {
    const { a, b, combined, l, h, vanishing } = scalars;
    wipe(a, b, combined, l, h, vanishing);
  }
  const contribution = await firstContribution(points.circuitHash(), secrets.delta, deltaG1);
  await writer.section(ZKEY.contributions, () => writer.append(contribution));
}

/** Writes the header section and feeds its points, as before the contribution, to the circuit hash; returns delta in G1. */
async function writeHeader(
  points: PointWriter,
  writer: SectionWriter,
  layout: CircuitLayout,
  secrets: SetupSecrets,
): Promise<Uint8Array> {
  const one = uint32(1, 0, 0, 0, 0, 0, 0, 0);
  const g1 = await points.multiply(1, one, secrets.alpha, secrets.beta, secrets.delta);
  const g2 = await points.multiply(2, one, secrets.beta, secrets.delta);
  const [generator1, alpha1, beta1, delta1] = g1 as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const [gamma2, beta2, delta2] = g2 as [Uint8Array, Uint8Array, Uint8Array];
  await writer.section(ZKEY.header, async () => {
    await writer.append(uint32(32));
    await writer.append(toLittleEndian(BASE_FIELD, 32));
    await writer.append(uint32(32));
    await writer.append(toLittleEndian(FIELD, 32));
    await writer.append(uint32(layout.wires, layout.publicWires, 2 ** layout.domainPower));
    for (const point of [alpha1, beta1, beta2, gamma2, delta1, delta2]) await writer.append(point);
  });
  await points.hash(1, alpha1);
  await points.hash(1, beta1);
  await points.hash(2, beta2);
  await points.hash(2, gamma2);
  await points.hash(1, generator1);
  await points.hash(2, gamma2);
  return delta1;
}

/**
 * How many of the points tau^(domain + i) - tau^i the circuit hash covers. One less than the domain's size would be
 * right, and that is the number hashed before them; but snarkjs goes by whole chunks of 2^14 when it needs more than one.
 */
function hashedVanishing(domain: number): number {
  return domain - 1 <= 1 << 14 ? domain - 1 : domain;
}

/** Turns scalars into points in chunks, into the file and into snarkjs's circuit hash. */
class PointWriter {
  readonly #job: ZkeyJob;
  readonly #writer: SectionWriter;
  readonly #tables: Readonly<Record<Group, FixedBase>>;
  readonly #hash: Hash = createHash('blake2b512');
  readonly #total: number;
  #done = 0;

  private constructor(job: ZkeyJob, writer: SectionWriter, tables: Record<Group, FixedBase>, total: number) {
    this.#job = job;
    this.#writer = writer;
    this.#tables = tables;
    this.#total = total;
  }

  static async create(job: ZkeyJob, writer: SectionWriter): Promise<PointWriter> {
    const { wires, publicWires, domainPower } = job.layout;
    const g1 = 4 * wires - publicWires - 1 + 2 ** domainPower + hashedVanishing(2 ** domainPower);
    const tables = { 1: await job.backend.fixedBase(1, g1), 2: await job.backend.fixedBase(2, wires) };
    return new PointWriter(job, writer, tables, g1 + wires);
  }

  /** A few points at once, not counted as progress. */
  async multiply(group: Group, ...scalars: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const joined = Buffer.concat(scalars);
    try {
      const all = await this.#tables[group].multiply(joined);
      const size = POINT_BYTES[group];
      return scalars.map((_, i) => all.slice(size * i, size * (i + 1)));
    } finally {
      wipe(joined);
    }
  }

  async hash(group: Group, points: Uint8Array): Promise<void> {
    this.#hash.update(await this.#job.backend.toBigEndian(group, points));
  }

  /** A section of points that the circuit hash covers, their number before them. */
  async section(id: number, group: Group, scalars: Uint8Array): Promise<void> {
    this.#hashCount(scalars.length / SCALAR_BYTES);
    await this.#writer.section(id, () =>
      this.#inChunks(group, scalars, async (points) => {
        await this.#writer.append(points);
        await this.hash(group, points);
      }),
    );
  }

  async sectionWithoutHash(id: number, group: Group, scalars: Uint8Array): Promise<void> {
    await this.#writer.section(id, () =>
      this.#inChunks(group, scalars, (points) => this.#writer.append(points)),
    );
  }

  /** Points that only the circuit hash covers. */
  async hashOnly(group: Group, scalars: Uint8Array, count = scalars.length / SCALAR_BYTES): Promise<void> {
    this.#hashCount(count);
    await this.#inChunks(group, scalars, (points) => this.hash(group, points));
  }

  circuitHash(): Uint8Array {
    return this.#hash.digest();
  }

  #hashCount(count: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(count);
    this.#hash.update(bytes);
  }

  async #inChunks(
    group: Group,
    scalars: Uint8Array,
    take: (points: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const chunkBytes = SCALAR_BYTES * CHUNK_POINTS;
    for (let start = 0; start < scalars.length; start += chunkBytes) {
      const chunk = scalars.subarray(start, start + chunkBytes);
      await take(await this.#tables[group].multiply(chunk));
      this.#done += chunk.length / SCALAR_BYTES;
      this.#job.onProgress({ stage: 'points', done: this.#done, total: this.#total });
    }
  }
}
