import { MillraceError } from '../../protocol/error.ts';
import { shapeByName } from '../../protocol/shape.ts';
import { ensureArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import { componentLogger } from '../../prover/log.ts';
import { ProverChild } from '../../prover/prover-child.ts';
import { packInput, parseCircuitInput } from '../../prover/witness-input.ts';
import { fullBatch } from '../full-batch.ts';

/** Longest time for one witness and proof, ms. */
const TIMEOUT_MS = 30 * 60_000;

/**
 * What a machine proves without a pipeline: as many prover children as there are to be workers, each with the same full batch again
 * and again, nothing between two proofs.
 *
 * @param count provers beside each other; @param proofs of each, after a first one that opens the key
 * @returns seconds of each witness and proof
 * @throws {MillraceError} as {@link ensureArtifacts} and {@link ProverChild.request}; `internal` / the child's code
 */
export async function proveAlone(shape: string, count: number, proofs: number): Promise<number[]> {
  const { wasm, zkey, vkey } = await ensureArtifacts(shape, {});
  const input = parseCircuitInput(JSON.stringify(fullBatch(shapeByName(shape)).witness));
  const { bytes, hash } = await packInput(input);
  const request = { shape, inputHash: hash, input: bytes, wasm, zkey, vkey, backend: 'auto' } as const;
  const logger = componentLogger('bench');
  const signal = new AbortController().signal;
  const seconds: number[] = [];
  const proveMany = async (child: ProverChild): Promise<void> => {
    for (let i = 0; i <= proofs; i++) {
      const reply = await child.request(request, { timeoutMs: TIMEOUT_MS, signal });
      if (reply.kind === 'failure') {
        throw new MillraceError('internal', reply.code, reply.message, { details: reply.details });
      }
      if (i > 0) seconds.push((reply.witnessMs + reply.proveMs) / 1000);
    }
  };
  const children = Array.from({ length: count }, () => new ProverChild(logger));
  try {
    await Promise.all(children.map(proveMany));
    return seconds;
  } finally {
    await Promise.all(children.map((child) => child.kill()));
  }
}
