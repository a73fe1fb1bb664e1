import type { FileHandle } from 'node:fs/promises';
import { MillraceError } from '../../protocol/error.ts';
import { FIELD, invert, reduce } from '../../protocol/field.ts';
import type { Group, SetupSecrets } from '../native/addon.ts';
import type { FixedBase, SetupBackend } from './backend.ts';
import { lagrange, modPow, rootOfUnity } from './lagrange.ts';
import { littleEndian, packScalars, toLittleEndian, uint32 } from './little-endian.ts';
import { SectionWriter } from './section-writer.ts';
import { BASE_FIELD } from './zkey-sections.ts';

/** Above this the file and the time become large, and a test learns nothing more. */
export const MAX_PTAU_POWER = 14;

const PTAU_VERSION = 1;
/** Sections of a prepared ptau (snarkjs's `powersoftau_preparephase2.js`): powers, then Lagrange bases. */
const PTAU = { header: 1, betaG2: 6, contributions: 7 } as const;
const SERIES = {
  tauG1: { powers: 2, lagrange: 12 },
  tauG2: { powers: 3, lagrange: 13 },
  alphaTauG1: { powers: 4, lagrange: 14 },
  betaTauG1: { powers: 5, lagrange: 15 },
} as const;

export interface PtauJob {
  /** Open for writing, empty. */
  readonly file: FileHandle;
  readonly backend: SetupBackend;
  readonly secrets: SetupSecrets;
  /** The file serves circuits of up to 2^power rows. */
  readonly power: number;
}

/**
 * Writes the powers of a dev setup's tau as snarkjs's prepared `.ptau` without contributions, so that
 * `snarkjs zkey verify` can judge the key that was made from the same secrets. For tests: the scalars pass through
 * bigints, which cannot be wiped.
 *
 * @throws {MillraceError} `input` / `circuit-too-large` above 2^{@link MAX_PTAU_POWER} rows
 */
export async function writePreparedPtau({ file, backend, secrets, power }: PtauJob): Promise<void> {
  if (power > MAX_PTAU_POWER) {
    throw new MillraceError('input', 'circuit-too-large', 'A ptau file is written for small circuits only', {
      details: { rows: 2 ** power, most: 2 ** MAX_PTAU_POWER },
      fix: 'Leave the ptau file out, or take a smaller circuit.',
    });
  }
  const tau = littleEndian(secrets.tau);
  const alpha = littleEndian(secrets.alpha);
  const beta = littleEndian(secrets.beta);
  const size = 2 ** power;
  const powers = (count: number): bigint[] => {
    const values = [1n];
    while (values.length < count) values.push(((values.at(-1) ?? 0n) * tau) % FIELD);
    return values;
  };
  const bases: bigint[] = [];
  for (let p = 0; p <= power; p++) bases.push(...lagrange(tau, 2 ** p, 2 ** p, 1n, rootOfUnity(p)));
  const scaled = (values: readonly bigint[], factor: bigint) =>
    values.map((value) => (value * factor) % FIELD);

  const writer = await SectionWriter.start(file, 'ptau', PTAU_VERSION, 11);
  await writer.section(PTAU.header, async () => {
    await writer.append(uint32(32));
    await writer.append(toLittleEndian(BASE_FIELD, 32));
    await writer.append(uint32(power, power));
  });
  const tables: Record<Group, FixedBase> = {
    1: await backend.fixedBase(1, 12 * size),
    2: await backend.fixedBase(2, 3 * size),
  };
  const points = (section: number, group: Group, scalars: readonly bigint[]) =>
    writer.section(section, async () => writer.append(await tables[group].multiply(packScalars(scalars))));

  await points(SERIES.tauG1.powers, 1, powers(2 * size - 1));
  await points(SERIES.tauG2.powers, 2, powers(size));
  await points(SERIES.alphaTauG1.powers, 1, scaled(powers(size), alpha));
  await points(SERIES.betaTauG1.powers, 1, scaled(powers(size), beta));
  await points(PTAU.betaG2, 2, [beta]);
  await writer.section(PTAU.contributions, () => writer.append(uint32(0)));
  await points(SERIES.tauG1.lagrange, 1, [...bases, ...lagrangeWithoutTop(tau, power + 1)]);
  await points(SERIES.tauG2.lagrange, 2, bases);
  await points(SERIES.alphaTauG1.lagrange, 1, scaled(bases, alpha));
  await points(SERIES.betaTauG1.lagrange, 1, scaled(bases, beta));
}

/**
 * The largest Lagrange basis in a ptau file: the ceremony has no tau^(2^power - 1), and snarkjs takes it for zero.
 * L_x has the coefficient x / 2^power there.
 */
function lagrangeWithoutTop(tau: bigint, power: number): bigint[] {
  const size = 2 ** power;
  const root = rootOfUnity(power);
  const top = (modPow(tau, size - 1) * invert(BigInt(size))) % FIELD;
  let x = 1n;
  return lagrange(tau, size, size, 1n, root).map((value) => {
    const without = reduce(value - x * top);
    x = (x * root) % FIELD;
    return without;
  });
}
