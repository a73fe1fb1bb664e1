/** The part of ffjavascript 0.3.1 (which ships no types) that Millrace uses. */
declare module 'ffjavascript' {
  export interface WasmCurveGroup {
    readonly zeroAffine: Uint8Array;
    fromObject(point: readonly unknown[]): Uint8Array;
    add(a: Uint8Array, b: Uint8Array): Uint8Array;
    neg(a: Uint8Array): Uint8Array;
    eq(a: Uint8Array, b: Uint8Array): boolean;
    isZero(a: Uint8Array): boolean;
    isValid(a: Uint8Array): boolean;
    timesScalar(point: Uint8Array, scalar: bigint): Uint8Array;
    toAffine(point: Uint8Array): Uint8Array;
    toObject(point: Uint8Array): unknown[];
  }

  export interface Bn128 {
    readonly q: bigint;
    readonly r: bigint;
    readonly G1: WasmCurveGroup & { readonly g: Uint8Array };
    readonly G2: WasmCurveGroup & { readonly g: Uint8Array };
    /** True when the product of the pairings of the given (G1, G2) pairs is one. */
    pairingEq(...points: Uint8Array[]): Promise<boolean>;
    terminate(): Promise<void>;
  }

  /** @param singleThread no worker threads: nothing to terminate, and not the shared `globalThis.curve_bn128` */
  export function buildBn128(singleThread?: boolean): Promise<Bn128>;
}
