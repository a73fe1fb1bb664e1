import type { CircuitLayout, Group, QapScalars, SetupSecrets } from '../native/addon.ts';

/** Multiplies a fixed generator. */
export interface FixedBase {
  /**
   * @param scalars 32 bytes each, little-endian, below r
   * @returns affine points, 64 (G1) or 128 (G2) bytes each, in the layout of zkey and ptau files
   */
  multiply(scalars: Uint8Array): Promise<Uint8Array>;
}

/** The arithmetic that a setup needs; see the native addon's types for layouts and errors. */
export interface SetupBackend {
  readonly name: 'native' | 'wasm';
  fixedBase(group: Group, expectedScalars: number): Promise<FixedBase>;
  toBigEndian(group: Group, points: Uint8Array): Promise<Uint8Array>;
  evaluateQap(
    layout: CircuitLayout,
    secrets: SetupSecrets,
    fd: number,
    position: number,
  ): Promise<QapScalars>;
  close(): Promise<void>;
}

/** Bytes of a point in files, by group. */
export const POINT_BYTES: Readonly<Record<Group, number>> = { 1: 64, 2: 128 };
export const SCALAR_BYTES = 32;
