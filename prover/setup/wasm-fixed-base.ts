import type { Group } from '../native/addon.ts';
import { POINT_BYTES, SCALAR_BYTES } from './backend.ts';
import { SCRATCH_BYTES, type WasmCurve } from './wasm-curve.ts';

/** Bits of a scalar and one for the last window's carry. */
const SCALAR_BITS = 255;
const MIN_WIDTH = 4;
/** Keeps the G2 table below 20 MiB in each thread. */
const MAX_WIDTH = 14;
/** The curve code's own scratch memory (1.6 MB) holds the inverses of one batch. */
const BATCH = 1024;

/**
 * Multiples of a group's generator on ffjavascript's WASM curve code: signed windows over a table of all window
 * multiples, as the native addon does, but with mixed additions.
 */
export class WasmFixedBase {
  readonly #curve: WasmCurve;
  readonly #group: Group;
  readonly #pointBytes: number;
  readonly #jacobianBytes: number;
  readonly #width: number;
  readonly #windows: number;
  readonly #perWindow: number;
  readonly #table: number;
  readonly #sums: number;

  /** @param expectedScalars sets the table's size */
  constructor(curve: WasmCurve, group: Group, expectedScalars: number) {
    this.#curve = curve;
    this.#group = group;
    this.#pointBytes = POINT_BYTES[group];
    this.#jacobianBytes = (this.#pointBytes / 2) * 3;
    this.#width = windowWidth(expectedScalars);
    this.#windows = Math.ceil(SCALAR_BITS / this.#width);
    this.#perWindow = 2 ** (this.#width - 1);
    this.#table = this.#curve.allocate(this.#windows * this.#perWindow * this.#pointBytes);
    this.#sums = this.#curve.allocate(BATCH * this.#jacobianBytes);
    this.#fillTable(curve.generators[group]);
  }

  /** See {@link FixedBase.multiply} in backend.ts. */
  multiply(scalars: Uint8Array): Uint8Array {
    const count = scalars.length / SCALAR_BYTES;
    const points = new Uint8Array(count * this.#pointBytes);
    for (let start = 0; start < count; start += BATCH) {
      const batch = Math.min(BATCH, count - start);
      for (let i = 0; i < batch; i++) this.#multiplyOne(scalars, (start + i) * SCALAR_BYTES, this.#sum(i));
      this.#call('batchToAffine', this.#sums, batch, this.#sums);
      points.set(this.#curve.get(this.#sums, batch * this.#pointBytes), start * this.#pointBytes);
    }
    return points;
  }

  #multiplyOne(scalars: Uint8Array, at: number, sum: number): void {
    const mask = 2 ** this.#width - 1;
    let carry = 0;
    this.#call('zero', sum);
    for (let window = 0; window < this.#windows; window++) {
      const bit = window * this.#width;
      const byte = bit >> 3;
      const word = [0, 1, 2].reduce(
        (sofar, i) => sofar | (byte + i < SCALAR_BYTES ? (scalars[at + byte + i] ?? 0) << (8 * i) : 0),
        0,
      );
      const value = ((word >> (bit & 7)) & mask) + carry;
      carry = value > this.#perWindow ? 1 : 0;
      const digit = carry === 1 ? mask + 1 - value : value;
      if (digit === 0) continue;
      this.#call(carry === 1 ? 'subMixed' : 'addMixed', sum, this.#entry(window, digit), sum);
    }
  }

  #fillTable(generator: Uint8Array): void {
    const base = this.#curve.allocate(this.#jacobianBytes);
    const affine = this.#curve.allocate(this.#pointBytes);
    this.#curve.set(affine, generator);
    this.#call('toJacobian', affine, base);
    for (let window = 0; window < this.#windows; window++) {
      this.#call('toAffine', base, affine);
      for (let start = 0; start < this.#perWindow; start += BATCH) {
        const batch = Math.min(BATCH, this.#perWindow - start);
        for (let i = 0; i < batch; i++) {
          if (i > 0) this.#call('addMixed', this.#sum(i - 1), affine, this.#sum(i));
          else if (start > 0) this.#call('addMixed', this.#sum(BATCH - 1), affine, this.#sum(0));
          else this.#call('toJacobian', affine, this.#sum(0));
        }
        this.#call('batchToAffine', this.#sums, batch, this.#entry(window, start + 1));
      }
      for (let i = 0; i < this.#width; i++) this.#call('double', base, base);
    }
  }

  /** digit * 2^(width * window) * generator, for 1 <= digit <= 2^(width - 1). */
  #entry(window: number, digit: number): number {
    return this.#table + (window * this.#perWindow + digit - 1) * this.#pointBytes;
  }

  #sum(i: number): number {
    return this.#sums + i * this.#jacobianBytes;
  }

  #call(name: string, ...values: number[]): void {
    this.#curve.call(`g${this.#group}m_${name}`, ...values);
  }
}

/** Points from the layout of files to the one that snarkjs hashes. */
export function toBigEndian(curve: WasmCurve, group: Group, points: Uint8Array): Uint8Array {
  const out = new Uint8Array(points.length);
  const size = POINT_BYTES[group];
  const pointer = curve.scratch;
  const step = Math.floor(SCRATCH_BYTES / size) * size;
  for (let start = 0; start < points.length; start += step) {
    const batch = points.subarray(start, start + step);
    curve.set(pointer, batch);
    curve.call(`g${group}m_batchLEMtoU`, pointer, batch.length / size, pointer);
    out.set(curve.get(pointer, batch.length), start);
  }
  return out;
}

/** The width that costs least for building the table and using it. */
function windowWidth(scalars: number): number {
  const cost = (width: number): number => Math.ceil(SCALAR_BITS / width) * (scalars + 2 ** (width - 1));
  let best = MIN_WIDTH;
  for (let width = MIN_WIDTH; width <= MAX_WIDTH; width++) if (cost(width) < cost(best)) best = width;
  return best;
}
