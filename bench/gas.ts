import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startLocalL1 } from '../scripts/local-l1.ts';
import { GasRollup } from './gas/gas-rollup.ts';
import { markdownTable, type Table } from './report/table.ts';

/** Transfers in a batch, and batches in a call. */
export const BATCH_SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048];
export const CALL_SIZES = [1, 2, 4, 8, 16, 32, 64];

/** What `batches` full batches of `transfers` cost. Undefined where a transaction cannot carry the call. */
export interface GasRow {
  readonly transfers: number;
  readonly batches: number;
  /** Gas of committing and proving in one call, and its calldata. */
  readonly oneCall: number | undefined;
  readonly calldataBytes: number | undefined;
  /** Gas of the two calls where the commit comes first. */
  readonly commit: number | undefined;
  readonly prove: number | undefined;
}

/**
 * Measures gas with transactions on a local L1, whole: base fee of a transaction, calldata, floor (EIP-7623).
 * @param depth bits of an account index
 */
export async function measureGas({
  transfers = BATCH_SIZES,
  batches = CALL_SIZES,
  depth = 24,
}: {
  transfers?: readonly number[];
  batches?: readonly number[];
  depth?: number;
} = {}): Promise<GasRow[]> {
  const rows: GasRow[] = [];
  for (const n2 of transfers) {
    // A chain for each, so that the times of the blocks, which are in the calldata, are always the same.
    const l1 = await startLocalL1();
    try {
      const shape = { name: `n${n2}`, n2, n1: Math.max(2, n2 / 8), m: n2, depth };
      const rollup = await GasRollup.deploy(l1, [shape]);
      for (const count of batches) rows.push(await row(rollup, n2, count));
      rollup.close();
    } finally {
      await l1.stop();
    }
  }
  return rows;
}

async function row(rollup: GasRollup, transfers: number, batches: number): Promise<GasRow> {
  const priced = rollup.batches(batches);
  const oneCall = await rollup.commitAndProve(priced);
  const twoCalls = await rollup.commitThenProve(priced);
  return {
    transfers,
    batches,
    oneCall: oneCall?.gas,
    calldataBytes: oneCall?.calldataBytes,
    commit: twoCalls?.commit.gas,
    prove: twoCalls?.prove.gas,
  };
}

/** The rows as tables: transfers of a batch down, batches of a call across. */
export function gasTables(rows: readonly GasRow[]): Table[] {
  const sizes = [...new Set(rows.map(({ transfers }) => transfers))];
  const counts = [...new Set(rows.map(({ batches }) => batches))];
  const table = (title: string, value: (row: GasRow) => number | undefined): Table => ({
    title,
    columns: ['transfers a batch', ...counts.map((count) => `${count}`)],
    rows: sizes.map((transfers) => [
      `${transfers}`,
      ...counts.map((batches) => {
        const found = rows.find((row) => row.transfers === transfers && row.batches === batches);
        const gas = found === undefined ? undefined : value(found);
        return gas === undefined ? '-' : Math.round(gas).toLocaleString('en');
      }),
    ]),
  });
  return [
    table(
      'Gas a transfer, committed and proven in one call, by batches in the call',
      ({ oneCall, transfers, batches }) => oneCall && oneCall / (transfers * batches),
    ),
    table(
      'Gas a transfer, committed first and proven later, by batches in each call',
      ({ commit, prove, transfers, batches }) => commit && prove && (commit + prove) / (transfers * batches),
    ),
    table('Gas a proof of `proveBatches`', ({ prove, batches }) => prove && prove / batches),
    table('Calldata of the one call, bytes a transfer', ({ calldataBytes, transfers, batches }) =>
      calldataBytes === undefined ? undefined : calldataBytes / (transfers * batches),
    ),
  ];
}

const INTRODUCTION = `# Gas

Made by \`node bench/gas.ts\`: every figure is the gas of whole transactions on a local L1 with the rules of Osaka, divided by the
transfers in them. The batches are full of transfers at 2^24 accounts. All fields of an op, the amount of 64 bits too, are random over their
whole width, so that no transfers cost more calldata: a true amount below 2^40 units saves 36 gas. The rollup has run before, so no slot is written for
the first time. \`-\`: no transaction can carry it (128 KiB, 16,777,216 gas). The aggregator splits what does not fit.

A proof costs at least 46,450 gas beside its calldata: a pairing, two multiplications by its weight, and an addition; a call with n proofs costs the rest of (n + 3) pairings and 45,000.
What commits alone costs the floor of EIP-7623, 40 gas a byte that is not zero; in one call with the proofs the floor is below what is used.
`;

/** Writes docs/gas.md. */
async function main(): Promise<void> {
  const tables = gasTables(await measureGas()).map(markdownTable);
  const file = fileURLToPath(new URL('../docs/gas.md', import.meta.url));
  await writeFile(file, [INTRODUCTION, ...tables].join('\n'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
