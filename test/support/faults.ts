import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Random } from '../../scripts/random.ts';
import type { Pipeline } from './pipeline.ts';
import { killIfThere } from './premises.ts';

/** What can go wrong, and how it is made to. */
export const FAULTS = {
  /** SIGKILL to the node; it is started again. */
  node: async ({ pipeline }: Scene) => pipeline.node.kill(),
  /** SIGKILL to one worker process, of the node's or from outside. */
  worker: async ({ pipeline, random }: Scene) => {
    const outside = pipeline.workers.map((worker) => () => worker.kill());
    const pids = await pidsOf(pipeline, 'prover/local-worker.ts');
    const all = [...outside, ...pids.map((pid) => () => killIfThere(pid))];
    return all.length > 0 && random.pick(all)();
  },
  /** SIGKILL to a prover child in the middle of its work (it stays for the next proof when it has none). */
  prover: async ({ pipeline, random }: Scene) => {
    const pids = await pidsOf(pipeline, 'prover/child.ts');
    return pids.length > 0 && killIfThere(random.pick(pids));
  },
  /** SIGKILL to Redis; an empty one takes its place. */
  redis: async ({ pipeline }: Scene) => {
    const [pid] =
      pipeline.redis === undefined ? await pidsOf(pipeline, 'redis-server') : [pipeline.redis.pid];
    return pid !== undefined && killIfThere(pid);
  },
  /** FLUSHALL on the shared Redis: every job and result is gone. */
  flush: async ({ pipeline }: Scene) => {
    if (pipeline.redis === undefined) return false;
    // It may be dead itself just now.
    const redis = new Redis(pipeline.redis.url, { lazyConnect: true, retryStrategy: null });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return (await redis.flushall()) === 'OK';
    } catch {
      return false;
    } finally {
      redis.disconnect();
    }
  },
  /** The connection to L1 is cut for up to four seconds. */
  connection: async ({ pipeline, random }: Scene) => {
    pipeline.connection.down = true;
    await sleep(random.below(4_000));
    pipeline.connection.down = false;
    return true;
  },
  /** L1 takes the next transaction, but the answer does not arrive. */
  answer: async ({ pipeline }: Scene) => {
    pipeline.connection.loseAnswerTo('eth_sendRawTransaction');
    return true;
  },
  /** Up to three of L1's newest blocks give way to as many empty ones; those with the deposits stay. */
  reorg: async ({ pipeline, random }: Scene) => {
    const { provider } = pipeline.l1;
    const newer = (await provider.getBlockNumber()) - pipeline.depositBlock;
    if (newer === 0) return false;
    await provider.send('anvil_reorg', [1 + random.below(Math.min(newer, 3)), []]);
    return true;
  },
} as const satisfies Record<string, (scene: Scene) => Promise<boolean>>;

export type Fault = keyof typeof FAULTS;

interface Scene {
  readonly pipeline: Pipeline;
  readonly random: Random;
}

/** A fault that finds nothing to break is tried again this long, ms. */
const SEARCH_MS = 20_000;
const LOOK_MS = 100;

/** Makes a fault happen. @returns false if there was nothing to break all the time */
export async function strike(fault: Fault, scene: Scene): Promise<boolean> {
  const deadline = Date.now() + SEARCH_MS;
  while (!(await FAULTS[fault](scene))) {
    if (Date.now() > deadline) return false;
    await sleep(LOOK_MS);
  }
  return true;
}

async function pidsOf({ premises }: Pipeline, program: string): Promise<number[]> {
  const found = await premises.processes();
  // The guard's shell has the program's name in its script.
  return found
    .filter(({ command }) => command.includes(program) && !command.startsWith('/bin/sh'))
    .map(({ pid }) => pid);
}
