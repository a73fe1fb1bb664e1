/** The part of circomlibjs 0.1.7 (which ships no types) that Millrace and its tests use. */
declare module 'circomlibjs' {
  /** ffjavascript's field in WASM; an element is 32 bytes in Montgomery form, little-endian. */
  export interface WasmField {
    readonly zero: Uint8Array;
    e(value: bigint | string | number): Uint8Array;
    toObject(element: Uint8Array): bigint;
    toMontgomery(element: Uint8Array): Uint8Array;
    fromMontgomery(element: Uint8Array): Uint8Array;
  }

  export interface Poseidon {
    /** Elements as bigints, or all of them already in Montgomery form in one buffer of 32 bytes each. */
    (inputs: readonly bigint[] | Uint8Array): Uint8Array;
    readonly F: WasmField;
  }

  export interface Eddsa {
    readonly F: WasmField;
    readonly babyJub: { readonly subOrder: bigint; readonly Base8: [Uint8Array, Uint8Array] };
    prv2pub(privateKey: Uint8Array): [Uint8Array, Uint8Array];
    signPoseidon(privateKey: Uint8Array, message: Uint8Array): { R8: [Uint8Array, Uint8Array]; S: bigint };
    verifyPoseidon(
      message: Uint8Array,
      signature: { R8: [Uint8Array, Uint8Array]; S: bigint },
      publicKey: [Uint8Array, Uint8Array],
    ): boolean;
  }

  /** Sparse Merkle tree in memory: binary, with Poseidon, each leaf as far up as it is alone. */
  export interface SparseMerkleTree {
    insert(key: bigint | number, value: bigint | number): Promise<unknown>;
    update(key: bigint | number, value: bigint | number): Promise<unknown>;
  }

  export function newMemEmptyTrie(): Promise<SparseMerkleTree>;
  export function buildPoseidon(): Promise<Poseidon>;
  export function buildPoseidonReference(): Promise<Poseidon>;
  export function buildEddsa(): Promise<Eddsa>;
}
