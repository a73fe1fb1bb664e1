import { buildModule } from '@nomicfoundation/ignition-core';
import type { VerifyingKeyOnL1 } from '../aggregator/verifying-key.ts';

/** A verifier's place in the rollup. */
export interface PlannedShape {
  readonly n2: number;
  readonly n1: number;
  readonly m: number;
  /** Whether the data of its batches are in blobs. */
  readonly blob: boolean;
  readonly key: VerifyingKeyOnL1;
}

/** All that decides what a deployment puts on L1. */
export interface DeploymentPlan {
  /** The rollup's operator, who also signs the deployment. */
  readonly operator: string;
  readonly genesisRoot: bigint;
  /** Bits of an account index. */
  readonly depth: number;
  /** In the order of the shape ids. */
  readonly shapes: readonly PlannedShape[];
  readonly exitKey: VerifyingKeyOnL1;
  /** Seconds. */
  readonly l1Deadline: number;
  readonly proofDeadline: number;
  /** ERC-20 tokens in the order of their ids, which begin at 2. */
  readonly tokens: readonly { readonly address: string; readonly unitExponent: number }[];
}

/** Ids of the contracts in the result of a deployment. */
export const CONTRACT_ID = {
  verifier: (shapeId: number): string => `Rollup#Verifier${shapeId}`,
  exitVerifier: 'Rollup#ExitVerifier',
  rollup: 'Rollup#Millrace',
};

/**
 * The Ignition module of a rollup: a verifier for each key, the rollup, and its tokens, which are registered one after
 * the other, since their order makes their ids. Two runs with equal plans are one deployment.
 */
export function rollupModule({
  operator,
  genesisRoot,
  depth,
  shapes,
  exitKey,
  l1Deadline,
  proofDeadline,
  tokens,
}: DeploymentPlan) {
  return buildModule('Rollup', (m) => {
    const configs = shapes.map(({ n2, n1, m: accounts, blob, key }, shapeId) => ({
      verifier: m.contract('Groth16Verifier', [argument(key)], { id: `Verifier${shapeId}` }),
      n2,
      n1,
      m: accounts,
      blob,
    }));
    const exitVerifier = m.contract('Groth16Verifier', [argument(exitKey)], { id: 'ExitVerifier' });
    const rollup = m.contract('Millrace', [
      operator,
      genesisRoot,
      depth,
      configs,
      l1Deadline,
      proofDeadline,
      exitVerifier,
    ]);
    let last: ReturnType<typeof m.call> | undefined;
    tokens.forEach(({ address, unitExponent }, place) => {
      last = m.call(rollup, 'registerToken', [address, unitExponent], {
        id: `Token${place + 2}`,
        after: last === undefined ? [] : [last],
      });
    });
    return { rollup };
  });
}

/** Ignition's types take no read-only arrays. */
function argument({ alpha, beta, gamma, delta, ic }: VerifyingKeyOnL1) {
  const pair = ([x, y]: readonly [string, string]): string[] => [x, y];
  return {
    alpha: pair(alpha),
    beta: beta.map(pair),
    gamma: gamma.map(pair),
    delta: delta.map(pair),
    ic: ic.map(pair),
  };
}
