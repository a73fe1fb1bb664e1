/** The part of snarkjs 0.7.6 (which ships no types) that Millrace and its tests use. */
declare module 'snarkjs' {
  /** A file by its path, or bytes in memory. */
  type FileLike = string | Uint8Array | { type: 'mem'; data?: Uint8Array };
  interface SnarkjsLogger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }

  export const groth16: {
    prove(
      zkey: FileLike,
      wtns: FileLike,
      logger?: SnarkjsLogger,
    ): Promise<{ proof: unknown; publicSignals: unknown }>;
    verify(vkey: unknown, publicSignals: unknown, proof: unknown, logger?: SnarkjsLogger): Promise<boolean>;
    exportSolidityCallData(proof: unknown, publicSignals: unknown): Promise<string>;
  };

  export const wtns: {
    calculate(input: Record<string, unknown>, wasm: FileLike, output: FileLike): Promise<void>;
  };

  export const powersOfTau: {
    newAccumulator(curve: unknown, power: number, file: FileLike): Promise<void>;
    contribute(from: FileLike, to: FileLike, name: string, entropy: string): Promise<unknown>;
    preparePhase2(from: FileLike, to: FileLike): Promise<void>;
  };

  export const zKey: {
    newZKey(r1cs: FileLike, ptau: FileLike, zkey: FileLike): Promise<unknown>;
    contribute(from: FileLike, to: FileLike, name: string, entropy: string): Promise<unknown>;
    exportVerificationKey(zkey: FileLike): Promise<Record<string, unknown>>;
  };

  export const curves: {
    getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }>;
  };
}
