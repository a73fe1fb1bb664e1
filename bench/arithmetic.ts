import { buildEddsa, buildPoseidon, newMemEmptyTrie } from 'circomlibjs';
import type { Account } from '../protocol/account.ts';
import { MillraceError } from '../protocol/error.ts';
import { keyPairFromPrivateKey, sign, verifySignature } from '../protocol/keys.ts';
import { poseidonMany } from '../protocol/poseidon.ts';
import { AccountTree } from '../protocol/tree.ts';
import { useNativeArithmetic } from '../prover/native/arithmetic.ts';
import { Random } from '../scripts/random.ts';
import { type BenchResult, measured, runBenchmark, type Series } from './result.ts';
import { pairedRatio } from './statistics.ts';

export interface ArithmeticBenchOptions {
  /** Of each operation in each round. */
  readonly count: number;
  readonly repeat: number;
  readonly command: string;
}

/** The same work by both, each called with a number that it has not been called with before. */
interface Contest {
  readonly operation: string;
  readonly millrace: (turn: number) => unknown;
  readonly circomlibjs: (turn: number) => unknown;
}

const FIELD_BITS = 253;
/** What takes less is done again: the clock of CPU time is coarse, and garbage of what ran before is collected meanwhile. */
const LEAST_MS = 100;
const DEPTH = 24;

/**
 * Measures the batcher's arithmetic beside circomlibjs's: hashes, signatures, and account updates in a tree of 2^24, each as the batcher
 * does it: hashes and updates of a batch together, signatures one by one. In turn, in one process.
 */
export function benchArithmetic({ count, repeat, command }: ArithmeticBenchOptions): Promise<BenchResult> {
  return runBenchmark({ benchmark: 'arithmetic', command }, async () => {
    useNativeArithmetic();
    const random = new Random(1);
    const contests = [
      await hashing(2, count, random),
      await hashing(16, count, random),
      await signatures(count, random),
      await treeUpdates(count, random),
    ];
    const costs = contests.map(() => ({ millrace: [] as number[], circomlibjs: [] as number[] }));
    let turn = 0;
    const cpuSeconds = async (work: (turn: number) => unknown): Promise<number> => {
      const [first, startedAt, before] = [turn, performance.now(), process.cpuUsage()];
      do await work(turn++);
      while (performance.now() - startedAt < LEAST_MS);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6 / (turn - first);
    };
    for (let round = 0; round < repeat; round++) {
      for (const [i, contest] of contests.entries()) {
        for (const by of ['millrace', 'circomlibjs'] as const) {
          costs[i]![by].push((await cpuSeconds(contest[by])) / count);
        }
      }
    }
    const series = contests.flatMap(({ operation }, i): Series[] =>
      (['millrace', 'circomlibjs'] as const).map((by) => ({
        labels: { operation, by },
        metrics: { cpu: measured('s', costs[i]![by]) },
      })),
    );
    return {
      series,
      ratios: contests.map(({ operation }, i) => ({
        metric: 'cpu',
        of: { operation, by: 'circomlibjs' },
        to: { operation, by: 'millrace' },
        ...pairedRatio(costs[i]!.circomlibjs, costs[i]!.millrace),
      })),
      notes: [
        `${count} of each a round.`,
        "circomlibjs's tree is its sparse Merkle tree, binary; every key in it shares 23 bits with another, so that each path has 24 levels.",
      ],
    };
  });
}

async function hashing(each: number, count: number, random: Random): Promise<Contest> {
  const poseidon = await buildPoseidon();
  const groups = Array.from({ length: count }, () =>
    Array.from({ length: each }, () => random.bits(FIELD_BITS)),
  );
  const inputs = groups.flat();
  return {
    operation: `Poseidon of ${each}`,
    millrace: () => poseidonMany(each, inputs),
    circomlibjs: () => groups.map((group) => poseidon.F.toObject(poseidon(group))),
  };
}

async function signatures(count: number, random: Random): Promise<Contest> {
  const eddsa = await buildEddsa();
  const key = keyPairFromPrivateKey(new Uint8Array(32).fill(1));
  const { F } = eddsa;
  const signed = Array.from({ length: count }, () => {
    const message = random.bits(FIELD_BITS);
    return { message, signature: sign(key, message) };
  });
  const theirs = signed.map(({ message, signature: { r8, s } }) => ({
    message: F.e(message),
    signature: { R8: [F.e(r8[0]), F.e(r8[1])] as [Uint8Array, Uint8Array], S: s },
  }));
  const publicKey: [Uint8Array, Uint8Array] = [F.e(key.publicKey[0]), F.e(key.publicKey[1])];
  return {
    operation: 'EdDSA-Poseidon signature checked',
    millrace: () =>
      assertAll(signed.map((one) => verifySignature(key.publicKey, one.signature, one.message))),
    circomlibjs: () =>
      assertAll(theirs.map((one) => eddsa.verifyPoseidon(one.message, one.signature, publicKey))),
  };
}

async function treeUpdates(count: number, random: Random): Promise<Contest> {
  const tree = new AccountTree(DEPTH);
  const theirs = await newMemEmptyTrie();
  const half = 2 ** (DEPTH - 1);
  const indexes = [...new Set(Array.from({ length: count }, () => random.below(half)))];
  for (const index of indexes) {
    tree.set(index, accountOf(index, 0));
    await theirs.insert(index, 1);
    await theirs.insert(index + half, 1);
  }
  return {
    operation: 'account updated among 2^24',
    millrace: (turn) => {
      tree.openAndSet(indexes.map((index) => ({ index, after: accountOf(index, turn + 1) })));
      return tree.root;
    },
    circomlibjs: async (turn) => {
      for (const index of indexes) await theirs.update(index, turn + 2);
    },
  };
}

function accountOf(index: number, balance: number): Account {
  return { keyHash: BigInt(index) << 200n, token: 1, nonce: 0, balance: BigInt(balance) };
}

function assertAll(valid: readonly boolean[]): void {
  if (valid.every(Boolean)) return;
  throw new MillraceError('internal', 'signature-refused', 'A signature that was just made does not verify');
}
