import { SHAPES } from '../protocol/shape.ts';
import type { OnArtifactProgress } from '../prover/artifacts/artifact-progress.ts';
import { type CircuitSize, CircuitSizes, type Size } from './circuits/compiled-size.ts';
import { measureParts, type Parts, sumOfParts } from './circuits/parts.ts';
import { PEERS } from './circuits/peers.ts';
import { type BenchResult, counted, runBenchmark, type Series } from './result.ts';

/** Slots at which the access of an op is shown. */
const ACCESS_AT = [16, 32, 64, 128];
const MARGINAL_DEPTHS = [24, 32];
/** Marginal costs are the difference of N and 2 N transfers. Compiled ones are small, since compiling takes minutes. */
const COMPILED_N = 4;
const SUMMED_N = [16, 64];
/** Larger circuits are summed up from their parts: the compiler in WASM runs out of memory on them. */
const MOST_COMPILED = 2 ** 19;

/**
 * Sizes of the batch circuit: its parts, the shapes that ship, and one more transfer, beside other rollups. Exact, and the
 * same on every machine. Circuits are compiled where they are not in the cache: half an hour at first on a slow machine.
 */
export function benchCircuits(command: string, onProgress: OnArtifactProgress): Promise<BenchResult> {
  return runBenchmark({ benchmark: 'circuits', command }, async () => {
    const sizes = new CircuitSizes(onProgress);
    const parts = await measureParts(sizes);
    const warnings: string[] = [];
    const series: Series[] = partSeries(parts);
    const add = async (labels: Series['labels'], size: Size, compiled: () => Promise<CircuitSize>) => {
      const sum = sumOfParts(parts, size);
      if (sum > MOST_COMPILED) {
        series.push({
          labels: { ...labels, counted: 'sum of parts' },
          metrics: { constraints: counted('constraints', sum) },
        });
        return;
      }
      const found = await compiled();
      if (found.constraints !== sum) {
        warnings.push(
          `The parts of ${JSON.stringify(size)} make ${sum} constraints, the circuit has ${found.constraints}.`,
        );
      }
      series.push({ labels: { ...labels, counted: 'compiled' }, metrics: sizeMetrics(found) });
    };
    for (const shape of Object.values(SHAPES))
      await add({ shape: shape.name }, shape, () => sizes.shape(shape));
    for (const { per, slots } of [
      { per: 'M = N', slots: 1 },
      { per: 'M = 2N', slots: 2 },
    ]) {
      for (const depth of MARGINAL_DEPTHS) {
        const sizeOf = (n: number): Size => ({ n2: n, n1: 1, m: slots * n, depth });
        const compiled = async (n: number) => (await sizes.batch(sizeOf(n))).constraints;
        const summed = async (n: number) => sumOfParts(parts, sizeOf(n));
        for (const [n, constraints, how] of [
          [COMPILED_N, compiled, 'compiled'] as const,
          ...SUMMED_N.map((n) => [n, summed, 'sum of parts'] as const),
        ]) {
          const marginal = ((await constraints(2 * n)) - (await constraints(n))) / n;
          series.push({
            labels: { transfer: per, depth, n, counted: how },
            metrics: { constraints: counted('constraints', marginal) },
          });
        }
      }
    }
    for (const { name, source, marginal } of PEERS) {
      for (const [depth, constraints] of Object.entries(marginal)) {
        series.push({
          labels: { peer: name, depth: Number(depth), source },
          metrics: { constraints: counted('constraints', constraints) },
        });
      }
    }
    return {
      series,
      warnings,
      notes: [
        'Constraints with circom 2.2.3 --O2, for the peers too.',
        'A transfer costs (f(2N, 2M) - f(N, M)) / N, where f is the whole circuit with N signed ops, M slots and one L1 op.',
      ],
    };
  });
}

function partSeries(parts: Parts): Series[] {
  const { signature, signedOp, signedOpAccess, l1Op, l1OpAccess, data, byDepth } = parts;
  const part = (name: string, constraints: number, more: Series['labels'] = {}): Series => ({
    labels: { part: name, ...more },
    metrics: { constraints: counted('constraints', constraints) },
  });
  return [
    part('signature', signature),
    part('signed op, signature included, slot access not', signedOp),
    ...ACCESS_AT.map((m) => part('slot access of a signed op', m * signedOpAccess, { m })),
    part('op from L1, slot access not', l1Op),
    ...ACCESS_AT.map((m) => part('slot access of an op from L1', m * l1OpAccess, { m })),
    ...[...byDepth].map(([depth, { slot }]) => part('account opened and closed', slot, { depth })),
    ...[...byDepth].map(([depth, { fixed }]) =>
      part('fixed: roots, kept top, fee accounts', fixed, { depth }),
    ),
    part('15 elements of the data vector', data.block + 15),
  ];
}

function sizeMetrics({
  constraints,
  wires,
  domainPower,
  nonZeros: [a, b, c],
}: CircuitSize): Series['metrics'] {
  return {
    constraints: counted('constraints', constraints),
    domain: counted('constraints', 2 ** domainPower),
    witnesses: counted('', wires),
    'non-zeros in A': counted('', a),
    'non-zeros in B': counted('', b),
    'non-zeros in C': counted('', c),
  };
}
