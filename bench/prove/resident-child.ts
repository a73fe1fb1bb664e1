// A process that keeps one proving key and makes proofs of it, measuring each from inside. It ends with its parent.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { selectBackend } from '../../prover/backend.ts';
import { loadNative } from '../../prover/native/addon.ts';
import { NativeProver } from '../../prover/native/native-prover.ts';
import type { ResidentReply, ResidentRequest, ResidentSetup } from './resident-prover.ts';

/** Makes one proof; the seconds of its stages where the backend tells them. */
type Prove = (wtns: string) => Promise<Pick<ResidentReply, 'proof' | 'publicSignals' | 'stages'>>;

const KIBIBYTE = 1024;
const setup: ResidentSetup = JSON.parse(process.argv[2]!);

process.on('disconnect', () => process.exit());
const opening = measure(() => open(setup));
const proving = opening.then(({ result, cost }) => {
  process.send?.(cost);
  return result;
});
process.on('message', async ({ wtns }: ResidentRequest) => {
  const prove = await proving;
  const { result, cost } = await measure(() => prove(wtns));
  const reply: ResidentReply = { ...result, ...cost };
  process.send?.(reply);
});

async function open({ backend, zkey }: ResidentSetup): Promise<Prove> {
  const addon = backend === 'native' ? loadNative() : undefined;
  if (addon === undefined) {
    const prover = await selectBackend(backend);
    return async (wtns) => ({ ...(await prover.prove(zkey, wtns)), stages: {} });
  }
  const prover = await NativeProver.open(addon, zkey, availableParallelism());
  return async (wtns) => {
    const begins = new Map<string, number>();
    const startedAt = performance.now();
    const made = await prover.prove(await readFile(wtns), {
      onProgress: ({ stage }) => {
        if (!begins.has(stage)) begins.set(stage, performance.now());
      },
    });
    return { ...made, stages: stageTimes(startedAt, begins, performance.now()) };
  };
}

/** Seconds of each stage: it lasts until the next one begins; the first one from the start. */
function stageTimes(
  startedAt: number,
  begins: ReadonlyMap<string, number>,
  endedAt: number,
): Record<string, number> {
  const stages = [...begins].sort(([, a], [, b]) => a - b);
  return Object.fromEntries(
    stages.map(([stage, begin], i) => [
      stage,
      ((stages[i + 1]?.[1] ?? endedAt) - (i === 0 ? startedAt : begin)) / 1000,
    ]),
  );
}

async function measure<T>(
  work: () => Promise<T>,
): Promise<{ result: T; cost: { wall: number; cpu: number; peakMemory: number } }> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const result = await work();
  const wall = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  return {
    result,
    cost: { wall, cpu: (user + system) / 1e6, peakMemory: KIBIBYTE * process.resourceUsage().maxRSS },
  };
}
