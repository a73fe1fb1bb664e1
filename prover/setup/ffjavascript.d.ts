/** What the setup uses of ffjavascript 0.3.1, beyond the declarations in the folder above. */
declare module 'ffjavascript' {
  /** The ChaCha20 stream that snarkjs hashes to the curve with. */
  export class ChaCha {
    /** @param seed eight 32-bit words */
    constructor(seed: readonly number[]);
  }

  export interface WasmCurveGroup {
    /** A point of the prime-order subgroup. */
    fromRng(rng: ChaCha): Uint8Array;
    /** @param scalar little-endian */
    timesScalar(point: Uint8Array, scalar: Uint8Array): Uint8Array;
    toRprUncompressed(out: Uint8Array, offset: number, point: Uint8Array): void;
  }

  export interface Bn128 {
    readonly Gt: { toObject(element: Uint8Array): unknown[] };
    pairing(g1: Uint8Array, g2: Uint8Array): Uint8Array;
    readonly tm: {
      /** The curve's WASM module; a single-threaded curve keeps it. */
      readonly code: Uint8Array<ArrayBuffer>;
    };
  }
}
