/** The part of snarkjs 0.7.6 (which ships no types) that Millrace and its tests use. */
declare module 'snarkjs' {
  /** A file by its path, or bytes in memory. */
  type FileLike = string | Uint8Array | { type: 'mem'; data?: Uint8Array };

  export const groth16: {
    prove(zkey: FileLike, wtns: FileLike): Promise<{ proof: unknown; publicSignals: unknown }>;
    verify(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<boolean>;
    exportSolidityCallData(proof: unknown, publicSignals: unknown): Promise<string>;
  };

  export const wtns: {
    calculate(input: Record<string, unknown>, wasm: FileLike, output: FileLike): Promise<void>;
  };

  export const powersOfTau: {
    newAccumulator(curve: unknown, power: number, ptau: FileLike): Promise<void>;
    contribute(old: FileLike, contributed: FileLike, name: string, entropy: string): Promise<void>;
    preparePhase2(old: FileLike, prepared: FileLike): Promise<void>;
    /** False for a file without contributions, too. */
    verify(ptau: FileLike): Promise<boolean>;
  };

  export const zKey: {
    /** -1 if the two files do not fit together. */
    newZKey(r1cs: FileLike, ptau: FileLike, zkey: FileLike): Promise<-1 | Uint8Array>;
    contribute(old: FileLike, contributed: FileLike, name: string, entropy: string): Promise<Uint8Array>;
    /** False for a beacon or an exponent that it does not take. */
    beacon(
      old: FileLike,
      contributed: FileLike,
      name: string,
      beaconHex: string,
      iterationsExponent: number,
    ): Promise<Uint8Array | false>;
    exportVerificationKey(zkey: FileLike): Promise<Record<string, unknown>>;
    verifyFromR1cs(r1cs: FileLike, ptau: FileLike, zkey: FileLike): Promise<boolean>;
  };

  export const curves: {
    /** The one curve of this process that snarkjs works with; its threads run until it is terminated. */
    getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }>;
  };
}
