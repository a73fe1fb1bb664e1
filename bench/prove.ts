import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shuffle } from 'simple-statistics';
import { MillraceError } from '../protocol/error.ts';
import type { OnArtifactProgress } from '../prover/artifacts/artifact-progress.ts';
import { verifyProof } from '../prover/verify.ts';
import { Random } from '../scripts/random.ts';
import { onCpus } from './machine/cpus.ts';
import { measureProcess, type ProcessCost } from './measured-process.ts';
import type { BenchBackend } from './prove/backends.ts';
import { caseOfFiles, caseOfShape, type ProveCase } from './prove/cases.ts';
import { readProofFiles } from './prove/proof-files.ts';
import { ResidentProver } from './prove/resident-prover.ts';
import {
  type BenchResult,
  type Findings,
  type Labels,
  type Metric,
  measured,
  type Ratio,
  runBenchmark,
} from './result.ts';
import { pairedRatio, summarize } from './statistics.ts';

export interface ProveOptions {
  /** Key and witness files of any circuits. */
  readonly files: readonly { readonly zkey: string; readonly wtns: string }[];
  /** Names of shapes that ship. */
  readonly shapes: readonly string[];
  /** The first one is what the others are compared with. */
  readonly backends: readonly BenchBackend[];
  /** CPUs that a backend may use. */
  readonly threads: readonly number[];
  /** Rounds; each makes one proof of each series. */
  readonly repeat: number;
  /** What the user typed. */
  readonly command: string;
  readonly onArtifacts: OnArtifactProgress;
  readonly say: (line: string) => void;
}

/** One backend in one way of running. */
interface Contender {
  readonly labels: Labels;
  /** Makes a proof, which is verified; gives its cost. */
  run(): Promise<ProcessCost & { readonly stages?: Readonly<Record<string, number>> }>;
  readonly opening?: ProcessCost;
  close(): Promise<void>;
}

/** Wall times of a run with the machine to itself rarely differ more than this from their median. */
const MOST_SPREAD = 0.1;
const FEWEST_ROUNDS = 5;
const WAYS = ['cold', 'warm'] as const;

/**
 * Measures Groth16 provers on the same keys and witnesses: `cold` is a process that is started, makes one proof and
 * ends; `warm` is one more proof of a process that has the key open and has made one already. In each round every
 * contender makes one proof, in another random order, so that a drift of the machine meets all alike.
 *
 * @throws {MillraceError} as the cases' files; `input` / `program-failed`, `too-many-threads`; `refused` / `wrong-proof`
 */
export function benchProve(options: ProveOptions): Promise<BenchResult> {
  return runBenchmark({ benchmark: 'prove', command: options.command }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    try {
      const findings: Findings[] = [];
      for (const proveCase of await cases(options, folder)) {
        options.say(proveCase.description);
        findings.push(await measureCase(proveCase, options, folder));
      }
      const series = findings.flatMap((found) => found.series);
      const tooFew = `${options.repeat} rounds are too few for a confidence interval: take --repeat ${FEWEST_ROUNDS}.`;
      return {
        series,
        ratios: findings.flatMap(({ ratios = [] }) => ratios),
        notes: findings.flatMap(({ notes = [] }) => notes),
        warnings: [...spreadWarnings(series), ...(options.repeat < FEWEST_ROUNDS ? [tooFew] : [])],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function cases({ files, shapes, onArtifacts }: ProveOptions, folder: string): Promise<ProveCase[]> {
  const found: ProveCase[] = [];
  for (const { zkey, wtns } of files) found.push(await caseOfFiles(zkey, wtns));
  for (const shape of shapes) found.push(await caseOfShape(shape, folder, onArtifacts));
  const names = found.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return found;
  throw new MillraceError('input', 'bench-options', `Two circuits have the name ${twice}`, {
    fix: 'Rename one of the proving keys, or measure it in a run of its own.',
  });
}

async function measureCase(proveCase: ProveCase, options: ProveOptions, folder: string): Promise<Findings> {
  const contenders: Contender[] = [];
  try {
    // Also brings the key into the page cache, for all alike.
    await readFile(proveCase.zkey);
    for (const threads of options.threads) {
      for (const backend of options.backends) {
        contenders.push(coldContender(proveCase, backend, threads, folder));
        if (backend.resident !== undefined) contenders.push(await warmContender(proveCase, backend, threads));
      }
    }
    const costs = new Map<Contender, Awaited<ReturnType<Contender['run']>>[]>(
      contenders.map((one) => [one, []]),
    );
    const random = new Random(options.repeat);
    for (let round = 1; round <= options.repeat; round++) {
      for (const contender of shuffle(contenders, () => random.fraction())) {
        const cost = await contender.run();
        costs.get(contender)!.push(cost);
        const { wall, cpu } = cost;
        options.say(
          `  round ${round} of ${options.repeat}: ${describe(contender.labels)}: ${wall.toFixed(2)} s, ${cpu.toFixed(2)} CPU s`,
        );
      }
    }
    const series = contenders.map((contender) => ({
      labels: contender.labels,
      metrics: metricsOf(costs.get(contender)!, contender.opening),
    }));
    return {
      series,
      ratios: ratiosOf(series, options.backends[0]!.name),
      notes: [proveCase.description],
    };
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

function coldContender(
  proveCase: ProveCase,
  backend: BenchBackend,
  threads: number,
  folder: string,
): Contender {
  const labels = { circuit: proveCase.name, k: proveCase.k, backend: backend.name, run: 'cold', threads };
  const files = {
    zkey: proveCase.zkey,
    wtns: proveCase.wtns,
    proof: join(folder, 'proof.json'),
    publicSignals: join(folder, 'public.json'),
  };
  const command = onCpus(threads, backend.command(files));
  return {
    labels,
    async run() {
      await rm(files.proof, { force: true });
      await rm(files.publicSignals, { force: true });
      const cost = await measureProcess(command);
      await mustHold(proveCase, labels, await readProofFiles(files));
      return cost;
    },
    close: async () => undefined,
  };
}

async function warmContender(
  proveCase: ProveCase,
  backend: BenchBackend,
  threads: number,
): Promise<Contender> {
  const labels = { circuit: proveCase.name, k: proveCase.k, backend: backend.name, run: 'warm', threads };
  const prover = await ResidentProver.start({ backend: backend.resident!, zkey: proveCase.zkey }, threads);
  const run = async () => {
    const reply = await prover.prove(proveCase.wtns);
    await mustHold(proveCase, labels, reply);
    return reply;
  };
  try {
    await run();
  } catch (error) {
    await prover.close();
    throw error;
  }
  return { labels, run, opening: prover.opening, close: () => prover.close() };
}

async function mustHold(
  { vkey, zkey, wtns }: ProveCase,
  labels: Labels,
  { proof, publicSignals }: { proof: unknown; publicSignals: unknown },
): Promise<void> {
  if (await verifyProof(vkey, publicSignals, proof)) return;
  throw new MillraceError('refused', 'wrong-proof', `A proof of ${describe(labels)} does not hold`, {
    details: { zkey, wtns },
    fix: 'Check that the witness satisfies the circuit (snarkjs wtns check); if it does, the backend is wrong.',
  });
}

function metricsOf(
  costs: readonly Awaited<ReturnType<Contender['run']>>[],
  opening: ProcessCost | undefined,
): Record<string, Metric> {
  const stages = Object.keys(costs[0]?.stages ?? {});
  return {
    wall: measured(
      's',
      costs.map(({ wall }) => wall),
    ),
    cpu: measured(
      's',
      costs.map(({ cpu }) => cpu),
    ),
    memory: measured(
      'bytes',
      costs.map(({ peakMemory }) => peakMemory),
    ),
    ...Object.fromEntries(
      stages.map((stage) => [
        `stage ${stage}`,
        measured(
          's',
          costs.map((cost) => cost.stages?.[stage] ?? 0),
        ),
      ]),
    ),
    ...(opening === undefined
      ? {}
      : { 'opening wall': measured('s', [opening.wall]), 'opening cpu': measured('s', [opening.cpu]) }),
  };
}

/** Every series against the first backend's cold and warm ones with as many threads. */
function ratiosOf(series: Findings['series'], first: string): Ratio[] {
  const ratios: Ratio[] = [];
  for (const run of WAYS) {
    for (const base of series.filter(({ labels }) => labels.backend === first && labels.run === run)) {
      for (const other of series) {
        if (other.labels.backend === first || other.labels.threads !== base.labels.threads) continue;
        for (const metric of ['cpu', 'wall', 'memory']) {
          const of = other.metrics[metric]!.samples;
          const to = base.metrics[metric]!.samples;
          ratios.push({ metric, of: other.labels, to: base.labels, ...pairedRatio(of, to) });
        }
      }
    }
  }
  return ratios;
}

function spreadWarnings(series: Findings['series']): string[] {
  const wide = series.filter(({ metrics }) => {
    const { mad, median } = summarize(metrics.wall!.samples);
    return mad > MOST_SPREAD * median;
  });
  if (wide.length === 0) return [];
  const names = wide.map(({ labels }) => describe(labels)).join('; ');
  return [`Wall times are spread wide (median deviation above ${100 * MOST_SPREAD}%): ${names}.`];
}

function describe({ circuit, backend, run, threads }: Labels): string {
  return `${circuit}, ${backend} ${run}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
