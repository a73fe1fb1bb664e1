import type { Table } from '../report/table.ts';
import type { BenchResult, Series } from '../result.ts';

/** Gas for people: transfers of a batch down, batches of a call across. */
export function gasTables({ series }: BenchResult): Table[] {
  const distinct = (label: string) => [...new Set(series.map(({ labels }) => Number(labels[label])))];
  const counts = distinct('batches');
  const table = (title: string, value: (cell: GasCell) => number | undefined): Table => ({
    title,
    columns: ['transfers a batch', ...counts.map(String)],
    rows: distinct('transfers').map((transfers) => [
      String(transfers),
      ...counts.map((batches) => {
        const found = series.find(
          ({ labels }) => labels.transfers === transfers && labels.batches === batches,
        );
        const figure = found && value(gasCell(found));
        return figure === undefined ? '-' : Math.round(figure).toLocaleString('en');
      }),
    ]),
  });
  return [
    table(
      'Gas a transfer, committed and proven in one call, by batches in the call',
      ({ oneCall, transfers }) => oneCall && oneCall / transfers,
    ),
    table(
      'Gas a transfer, committed and proven in one call with the data in a blob, by batches in the blob',
      ({ blob, transfers }) => blob && blob / transfers,
    ),
    table(
      'Gas a transfer, committed first and proven later, by batches in each call',
      ({ commit, prove, transfers }) => commit && prove && (commit + prove) / transfers,
    ),
    table(
      'Gas a transfer with amounts below 2^40 units, in one call',
      ({ usualOneCall, transfers }) => usualOneCall && usualOneCall / transfers,
    ),
    table(
      'Gas a transfer with amounts below 2^40 units, committed first and proven later',
      ({ usualTwoCalls, transfers }) => usualTwoCalls && usualTwoCalls / transfers,
    ),
    table('Gas a proof of `proveBatches`', ({ prove, batches }) => prove && prove / batches),
    table(
      'Calldata of the one call, bytes a transfer',
      ({ calldata, transfers }) => calldata && calldata / transfers,
    ),
  ];
}

/** One call, or one pair of calls. Undefined: no transaction can carry it. */
export interface GasCell {
  readonly batches: number;
  /** Of all batches together. */
  readonly transfers: number;
  readonly oneCall: number | undefined;
  /** The one call with the data in a blob. */
  readonly blob: number | undefined;
  /** Bytes of the one call. */
  readonly calldata: number | undefined;
  readonly commit: number | undefined;
  readonly prove: number | undefined;
  /** The one call, and both of the pair, with amounts as people pay them. */
  readonly usualOneCall: number | undefined;
  readonly usualTwoCalls: number | undefined;
}

export function gasCell({ labels, metrics }: Series): GasCell {
  const batches = Number(labels.batches);
  const value = (name: string) => metrics[name]?.samples[0];
  return {
    batches,
    transfers: batches * Number(labels.transfers),
    oneCall: value('one call'),
    blob: value('one call, blob'),
    calldata: value('calldata'),
    commit: value('commit'),
    prove: value('prove'),
    usualOneCall: value('one call, usual amounts'),
    usualTwoCalls: value('two calls, usual amounts'),
  };
}
