import { MillraceError } from '../../protocol/error.ts';
import { ensureArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import { componentLogger } from '../../prover/log.ts';
import { ProverChild } from '../../prover/prover-child.ts';
import type { PackedInput } from '../../prover/witness-input.ts';
import { cpuByRole } from './cpu-by-role.ts';
import type { Proven } from './job-times.ts';

/** Longest time for one witness and proof, ms. */
const TIMEOUT_MS = 30 * 60_000;

/** What provers did without a pipeline. */
export interface AloneRun {
  readonly proofs: readonly Proven[];
  /** Of each witness and proof, seconds. */
  readonly seconds: readonly number[];
  /** CPU seconds of all provers, their start and the opening of keys included. */
  readonly cpu: number;
}

/**
 * What a machine proves without a pipeline: as many prover children as there are workers make the proofs of the same batches, each
 * taking the next one when it is done with one, nothing between two proofs.
 *
 * @param count provers beside each other; @param inputs of batches, in the order in which they are taken
 * @throws {MillraceError} as {@link ensureArtifacts} and {@link ProverChild.request}; `internal` / the child's code
 */
export async function proveAlone(
  shape: string,
  count: number,
  inputs: readonly PackedInput[],
): Promise<AloneRun> {
  const { wasm, zkey, vkey } = await ensureArtifacts(shape, {});
  const logger = componentLogger('bench');
  const signal = new AbortController().signal;
  const [proofs, seconds]: [Proven[], number[]] = [[], []];
  const waiting = inputs.values();
  const proveMany = async (child: ProverChild, worker: string): Promise<void> => {
    for (const { hash, bytes } of waiting) {
      const request = { shape, inputHash: hash, input: bytes, wasm, zkey, vkey, backend: 'auto' } as const;
      const reply = await child.request(request, { timeoutMs: TIMEOUT_MS, signal });
      if (reply.kind === 'failure') {
        throw new MillraceError('internal', reply.code, reply.message, { details: reply.details });
      }
      proofs.push({ worker, provenAtMs: performance.now() });
      seconds.push((reply.witnessMs + reply.proveMs) / 1000);
    }
  };
  const children = Array.from({ length: count }, () => new ProverChild(logger));
  const cpuBefore = cpuByRole().prover;
  try {
    await Promise.all(children.map((child, i) => proveMany(child, String(i))));
    return { proofs, seconds, cpu: cpuByRole().prover - cpuBefore };
  } finally {
    await Promise.all(children.map((child) => child.kill()));
  }
}
