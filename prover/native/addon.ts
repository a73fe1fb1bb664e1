import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../protocol/error.ts';

/** 1 for G1, 2 for G2. */
export type Group = 1 | 2;

declare const tableBrand: unique symbol;
/** A table of a generator's multiples, in native memory; freed with the object. */
export interface NativeTable {
  readonly [tableBrand]: never;
}

/** Where the constraints are in an r1cs file and the circuit's sizes; the caller has checked the file's header. */
export interface CircuitLayout {
  readonly r1csPath: string;
  /** Payload of the constraint section, bytes. */
  readonly constraintsOffset: number;
  readonly constraintsBytes: number;
  /** Number of wires, the constant one included. */
  readonly wires: number;
  /** Public outputs and inputs, without the constant one; below `wires`. */
  readonly publicWires: number;
  readonly constraints: number;
  /** k, where the domain has 2^k >= constraints + publicWires + 1 rows; at most 27. */
  readonly domainPower: number;
}

/** Secrets of a setup: 32 bytes each, little-endian, in [1, r). */
export interface SetupSecrets {
  readonly tau: Uint8Array;
  readonly alpha: Uint8Array;
  readonly beta: Uint8Array;
  readonly delta: Uint8Array;
}

/** The circuit's polynomials at tau: arrays of scalars, 32 bytes each, plain, little-endian. Secret: wipe after use. */
export interface QapScalars {
  /** A_s(tau) for each wire s. */
  readonly a: Uint8Array;
  /** B_s(tau) for each wire. */
  readonly b: Uint8Array;
  /** beta A_s(tau) + alpha B_s(tau) + C_s(tau) for each wire. */
  readonly combined: Uint8Array;
  /** `combined` of the private wires, over delta. */
  readonly l: Uint8Array;
  /** Lagrange basis of the odd 2^(k+1)-th roots of unity at tau, over delta: 2^k of them. */
  readonly h: Uint8Array;
  /** tau^(2^k + i) - tau^i for i < 2^k. */
  readonly vanishing: Uint8Array;
  /** Bytes written as the payload of the zkey's coefficient section. */
  readonly coefficientBytes: number;
}

declare const proverBrand: unique symbol;
/** An opened proving key, in native memory; freed by `closeProver`, or with the object. */
export interface NativeProverHandle {
  readonly [proverBrand]: never;
}

declare const flagBrand: unique symbol;
/** Says that a proof is no longer wanted. */
export interface CancelFlag {
  readonly [flagBrand]: never;
}

/** Stages of a proof by number. */
export const PROOF_STAGES = ['witness', 'quotient', 'points'] as const;

/**
 * The C++ addon. What answers with a promise works off the event loop. Rejections are `Error`s with a `code` and numeric `details`: `bad-r1cs`
 * (what is wrong with the constraints), `bad-tau` (draw another), `bad-zkey`, `forgeable-key`, `bad-witness-file`,
 * `witness-mismatch`, `cancelled`, `io`, `out-of-memory`, `native-failure`.
 */
export interface NativeAddon {
  /** The arithmetic in use: the fastest that this machine runs, or the one that `MILLRACE_KERNEL` names. */
  readonly kernel: 'ifma' | 'avx2' | 'adx' | 'portable';
  /** A table that suits about `expectedScalars` multiplications of the group's generator. */
  fixedBase(group: Group, expectedScalars: number): Promise<NativeTable>;
  /**
   * @param scalars 32 bytes each, little-endian, below r
   * @returns affine points, 64 or 128 bytes each, Montgomery form, little-endian: the layout of zkey and ptau files
   */
  multiply(table: NativeTable, scalars: Uint8Array, threads: number): Promise<Uint8Array>;
  /** From the layout of files to plain big-endian, which snarkjs hashes; 0 at infinity. */
  toBigEndian(group: Group, points: Uint8Array): Promise<Uint8Array>;
  /** Also writes the payload of the zkey's coefficient section to the open file `fd` at `position`. */
  evaluateQap(
    layout: CircuitLayout,
    secrets: SetupSecrets,
    fd: number,
    position: number,
  ): Promise<QapScalars>;
  /** Maps a zkey, checks it and makes it ready for proofs. `publicSignals` is their number. */
  openProver(
    zkey: string,
    threads: number,
  ): Promise<{ readonly prover: NativeProverHandle; readonly publicSignals: number }>;
  /** Frees the key once the proofs in work have ended; the prover takes no more. */
  closeProver(prover: NativeProverHandle): void;
  cancelFlag(): CancelFlag;
  /** A proof that has this flag soon rejects with `cancelled`. */
  cancel(flag: CancelFlag): void;
  /**
   * Any number of proofs may be made at once.
   *
   * @param wtns bytes of a wtns file; not to be changed meanwhile
   * @param report called on the event loop with an index of {@link PROOF_STAGES}, steps done and steps in all
   * @returns `proof`: A (x, y), B (x, y, as c0, c1 each), C (x, y); `publicSignals`; all plain, 32 bytes, little-endian;
   *   the point at infinity is all zeros
   */
  prove(
    prover: NativeProverHandle,
    wtns: Uint8Array,
    threads: number,
    flag: CancelFlag,
    report: (stage: number, done: number, total: number) => void,
  ): Promise<{ readonly proof: Uint8Array; readonly publicSignals: Uint8Array }>;
  /**
   * circomlib's Poseidon, at once.
   *
   * @param inputs 1 to 16 of `[0, r)`; a `RangeError` or `TypeError` for anything else
   */
  poseidon(inputs: readonly bigint[]): bigint;
  /** The hashes of consecutive groups of `each` inputs, at once, on all cores if there are many. */
  poseidonMany(each: number, inputs: readonly bigint[]): bigint[];
  /**
   * EdDSA-Poseidon as `protocol/keys.ts` says, at once, on all cores if there are many.
   *
   * @param claims six numbers of `[0, 2^256)` for each signature: key (x, y), R8 (x, y), S, message; a `RangeError` or
   *   `TypeError` for anything else
   */
  verifySignatures(claims: readonly bigint[]): boolean[];
  /**
   * Verifies Groth16 proofs of one key, many in little more than half the time that they take one by one.
   *
   * @param key alpha (x, y), beta, gamma, delta (x0, x1, y0, y1 each), IC_0, IC_1, ... (x, y each), below 2^256
   * @param claims A (x, y), B (x0, x1, y0, y1), C (x, y) and the public signals of each proof, below 2^256
   * @returns for each claim whether it holds; one that is malformed does not. Rejects with `bad-verification-key`, details
   *   `point`: which one, in the order above, is not in its group or is at infinity; with `forgeable-key`
   */
  verifyProofs(key: readonly bigint[], claims: readonly (readonly bigint[])[]): Promise<boolean[]>;
}

const builds = fileURLToPath(new URL('../../build/native/', import.meta.url));

/**
 * Loads the addon that the bootstrap built (build.mjs).
 *
 * @returns undefined where it was not built, because there is no compiler
 * @throws {MillraceError} `refused` / `native-kernel` when it is there but `MILLRACE_KERNEL` names a kernel that is
 *   unknown or that this processor does not have
 */
export function loadNative(): NativeAddon | undefined {
  const pointer = `${builds}current`;
  if (!existsSync(pointer)) return undefined;
  const addon = `${builds}${readFileSync(pointer, 'utf8')}/millrace.node`;
  if (!existsSync(addon)) return undefined;
  try {
    return createRequire(import.meta.url)(addon) as NativeAddon;
  } catch (cause) {
    throw new MillraceError('refused', 'native-kernel', 'The native addon does not load', {
      details: {
        addon,
        kernel: process.env.MILLRACE_KERNEL,
        reason: cause instanceof Error ? cause.message : cause,
      },
      fix: 'Unset MILLRACE_KERNEL, or set it to ifma, avx2, adx or portable; else remove build/native and build again.',
      cause,
    });
  }
}
