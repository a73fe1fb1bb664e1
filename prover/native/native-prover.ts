import { MillraceError } from '../../protocol/error.ts';
import type { ProofOutput } from '../backend.ts';
import type { G1Json, G2Json } from '../proof.ts';
import { littleEndian } from '../setup/little-endian.ts';
import { type NativeAddon, type NativeProverHandle, PROOF_STAGES } from './addon.ts';

export type ProofStage = (typeof PROOF_STAGES)[number];

export interface ProveOptions {
  /** The proof is given up soon after this is aborted. */
  readonly signal?: AbortSignal;
  /** Called as the proof goes on, never after its end, perhaps not with the last steps; must not throw. */
  readonly onProgress?: (progress: { stage: ProofStage; done: number; total: number }) => void;
}

const VALUE_BYTES = 32;
const BAD_ZKEY_FIX = 'Make the key again, or fetch it again: it is damaged, or not a Groth16 key for BN254.';
const BAD_WITNESS_FIX = 'Calculate the witness again, with the circuit that the proving key belongs to.';

/** A proving key that is opened once and makes many proofs, several at a time if wanted, off the event loop. */
export class NativeProver {
  readonly #addon: NativeAddon;
  readonly #zkey: string;
  readonly #threads: number;
  readonly #handle: NativeProverHandle;

  private constructor(addon: NativeAddon, zkey: string, threads: number, handle: NativeProverHandle) {
    this.#addon = addon;
    this.#zkey = zkey;
    this.#threads = threads;
    this.#handle = handle;
  }

  /**
   * @param zkey path of a Groth16 proving key of snarkjs. It stays mapped: it may be replaced, not overwritten in place.
   * @param threads for opening, and for each proof
   * @throws {MillraceError} `input` / `bad-zkey`; `refused` / `forgeable-key`; `internal` / `prover-failed`
   */
  static async open(addon: NativeAddon, zkey: string, threads: number): Promise<NativeProver> {
    try {
      const { prover } = await addon.openProver(zkey, threads);
      return new NativeProver(addon, zkey, threads, prover);
    } catch (error) {
      throw explain(error, zkey);
    }
  }

  /**
   * @param wtns bytes of a witness in iden3's format; not to be changed until the proof is there
   * @throws {MillraceError} `input` / `bad-witness-file`, `witness-mismatch`, and `bad-zkey` if the key's file was
   *   changed; `refused` / `prover-cancelled`; `internal` / `prover-failed`
   */
  async prove(wtns: Uint8Array, { signal, onProgress }: ProveOptions = {}): Promise<ProofOutput> {
    const flag = this.#addon.cancelFlag();
    const cancel = () => this.#addon.cancel(flag);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    let ended = false;
    const report = (stage: number, done: number, total: number): void => {
      if (!ended) onProgress?.({ stage: PROOF_STAGES[stage] ?? 'points', done, total });
    };
    try {
      const made = await this.#addon.prove(this.#handle, wtns, this.#threads, flag, report);
      return proofOutput(made);
    } catch (error) {
      throw explain(error, this.#zkey);
    } finally {
      ended = true;
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Frees the key's memory, as soon as the proofs in work have ended. */
  close(): void {
    this.#addon.closeProver(this.#handle);
  }
}

/** @param made as the addon's `prove` gives it */
export function proofOutput(made: {
  readonly proof: Uint8Array;
  readonly publicSignals: Uint8Array;
}): ProofOutput {
  return { proof: proofJson(values(made.proof)), publicSignals: values(made.publicSignals).map(String) };
}

function values(bytes: Uint8Array): bigint[] {
  return Array.from({ length: bytes.length / VALUE_BYTES }, (_, i) =>
    littleEndian(bytes.subarray(i * VALUE_BYTES, (i + 1) * VALUE_BYTES)),
  );
}

function proofJson([ax, ay, bx0, bx1, by0, by1, cx, cy]: readonly bigint[]): ProofOutput['proof'] {
  return {
    pi_a: g1Json([ax, ay]),
    pi_b: g2Json([bx0, bx1, by0, by1]),
    pi_c: g1Json([cx, cy]),
    protocol: 'groth16',
    curve: 'bn128',
  };
}

function g1Json(point: readonly (bigint | undefined)[]): G1Json {
  const [x = '', y = ''] = point.map(String);
  return x === '0' && y === '0' ? ['0', '1', '0'] : [x, y, '1'];
}

function g2Json(point: readonly (bigint | undefined)[]): G2Json {
  const [x0 = '', x1 = '', y0 = '', y1 = ''] = point.map(String);
  if ([x0, x1, y0, y1].every((coordinate) => coordinate === '0')) {
    return [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ];
  }
  return [
    [x0, x1],
    [y0, y1],
    ['1', '0'],
  ];
}

function explain(error: unknown, zkey: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const native = 'details' in error && typeof error.details === 'object' ? error.details : {};
  switch (error.code) {
    case 'bad-zkey':
      return new MillraceError('input', 'bad-zkey', `The proving key ${error.message}`, {
        details: { file: zkey, ...native },
        fix: BAD_ZKEY_FIX,
      });
    case 'forgeable-key':
      return new MillraceError(
        'refused',
        'forgeable-key',
        `This key lets anyone forge proofs: it ${error.message}`,
        {
          details: { file: zkey },
          fix: 'Use a key from a setup with at least one contribution to phase 2.',
        },
      );
    case 'bad-witness-file':
    case 'witness-mismatch':
      return new MillraceError('input', error.code, `The witness ${error.message}`, {
        details: { ...native },
        fix: BAD_WITNESS_FIX,
      });
    case 'cancelled':
      return new MillraceError('refused', 'prover-cancelled', 'The proof was cancelled', {
        fix: 'Prove again if the proof is wanted after all.',
      });
    case 'io':
      return new MillraceError('input', 'bad-zkey', 'The proving key cannot be read', {
        details: { file: zkey, reason: error.message },
        fix: BAD_ZKEY_FIX,
        cause: error,
      });
    default:
      return new MillraceError('internal', 'prover-failed', `The native prover failed: ${error.message}`, {
        details: { zkey, code: error.code },
        fix: 'Check free memory, then prove again.',
        cause: error,
      });
  }
}
