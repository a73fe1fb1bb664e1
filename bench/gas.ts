import { loadKzg } from '../aggregator/kzg.ts';
import { startLocalL1 } from '../scripts/local-l1.ts';
import { GasRollup } from './gas/gas-rollup.ts';
import { type BenchResult, counted, runBenchmark, type Series } from './result.ts';

/** Bits of an account index. */
const DEPTH = 24;
const FEWEST_L1_OPS = 2;
/** Of the amounts that people pay: 2^40 units are 1,100 ETH, or 1.1 million of a token with units of a millionth. */
const USUAL_AMOUNT_BITS = 40;

export interface GasOptions {
  /** Transfers in a batch. */
  readonly transfers: readonly number[];
  /** Batches in a call. */
  readonly batches: readonly number[];
  readonly command: string;
  readonly say: (line: string) => void;
}

/**
 * Measures gas with transactions on a local L1, whole: base fee of a transaction, calldata, floor (EIP-7623). The same on every
 * machine. A call that no transaction can carry has no series.
 */
export function benchGas({ transfers, batches, command, say }: GasOptions): Promise<BenchResult> {
  return runBenchmark({ benchmark: 'gas', command }, async () => {
    const series: Series[] = [];
    for (const n2 of transfers) {
      say(`batches of ${n2} transfers`);
      // A chain for each, so that the times of the blocks, which are in the calldata, are always the same.
      const l1 = await startLocalL1();
      try {
        const shape = {
          name: `n${n2}`,
          n2,
          n1: Math.max(FEWEST_L1_OPS, Math.floor(n2 / 8)),
          m: n2,
          depth: DEPTH,
        };
        const rollup = await GasRollup.deploy(l1, [shape, { ...shape, name: `n${n2}-blob`, blob: true }]);
        for (const count of batches) {
          const metrics = await callMetrics(rollup, count);
          if (metrics !== undefined) series.push({ labels: { transfers: n2, batches: count }, metrics });
        }
        rollup.close();
      } finally {
        await l1.stop();
      }
    }
    return {
      series,
      notes: [
        'Every figure is the gas of whole transactions on a local L1 with the rules of Osaka. The batches are full of transfers at 2^24 accounts. All fields of an op are random over their whole width, so that no transfers cost more calldata; the amounts too, of 64 bits, but for the table with amounts below 2^40 units (1,100 ETH).',
        'A blob takes 131,072 blob gas besides, whatever is in it, at the price of its own market.',
        'The rollup has run before, so no slot is written for the first time.',
        'Where there is no figure no transaction can carry it (128 KiB, 16,777,216 gas): the aggregator splits what does not fit.',
      ],
    };
  });
}

/** Undefined where no transaction can carry the batches. */
async function callMetrics(rollup: GasRollup, batches: number): Promise<Series['metrics'] | undefined> {
  const priced = rollup.batches(batches);
  const oneCall = await rollup.commitAndProve(priced);
  const twoCalls = await rollup.commitThenProve(priced);
  const usual = rollup.batches(batches, { amountBits: USUAL_AMOUNT_BITS });
  const usualOneCall = await rollup.commitAndProve(usual);
  const usualTwoCalls = await rollup.commitThenProve(usual);
  const blob = (await loadKzg()) && (await rollup.blobOf(batches));
  const blobCall = blob && (await rollup.commitAndProveBlob(blob));
  if (oneCall === undefined && twoCalls === undefined && blobCall === undefined) return undefined;
  return {
    ...(oneCall && {
      'one call': counted('gas', oneCall.gas),
      calldata: counted('bytes', oneCall.calldataBytes),
    }),
    ...(twoCalls && {
      commit: counted('gas', twoCalls.commit.gas),
      prove: counted('gas', twoCalls.prove.gas),
    }),
    ...(blobCall && { 'one call, blob': counted('gas', blobCall.gas) }),
    ...(usualOneCall && { 'one call, usual amounts': counted('gas', usualOneCall.gas) }),
    ...(usualTwoCalls && {
      'two calls, usual amounts': counted('gas', usualTwoCalls.commit.gas + usualTwoCalls.prove.gas),
    }),
  };
}
