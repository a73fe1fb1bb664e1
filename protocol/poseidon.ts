import { buildPoseidon } from 'circomlibjs';
import { MillraceError } from './error.ts';
import { isFieldElement } from './field.ts';

/** Widest input of circomlib's Poseidon. */
export const MAX_INPUTS = 16;

const ELEMENT_BYTES = 32;
const wasm = await buildPoseidon();

/** Something that computes Poseidon. It is given 1 to 16 elements of `[0, FIELD)` for each hash, and nothing else. */
export interface PoseidonEngine {
  hash(inputs: readonly bigint[]): bigint;
  /** Hashes of consecutive groups of `each` inputs. */
  hashMany(each: number, inputs: readonly bigint[]): bigint[];
}

/** circomlibjs in WASM: 0.05 to 0.6 ms for a hash. */
export const WASM_POSEIDON: PoseidonEngine = {
  hash: (inputs) => {
    const buffer = new Uint8Array(inputs.length * ELEMENT_BYTES);
    inputs.forEach((input, i) => {
      buffer.set(wasm.F.toMontgomery(toBytes(input)), i * ELEMENT_BYTES);
    });
    return fromBytes(wasm.F.fromMontgomery(wasm(buffer)));
  },
  hashMany: (each, inputs) =>
    Array.from({ length: inputs.length / each }, (_, i) =>
      WASM_POSEIDON.hash(inputs.slice(i * each, (i + 1) * each)),
    ),
};

let engine = WASM_POSEIDON;

/** Has every hash of the process computed by another engine. Results are the same, whichever it is. */
export function usePoseidon(chosen: PoseidonEngine): void {
  engine = chosen;
}

/**
 * `P_n` of docs/protocol.md: Poseidon over BN254's field with circomlib's constants (Grassi et al.,
 * https://eprint.iacr.org/2019/458).
 * @param inputs 1 to 16 elements of `[0, FIELD)`
 * @throws {MillraceError} `internal/bad-poseidon-input`: callers check what comes from outside first
 */
export function poseidon(inputs: readonly bigint[]): bigint {
  assertInputs(inputs.length, inputs);
  return engine.hash(inputs);
}

/**
 * `P_n` of many groups of inputs, which takes less time than one after the other.
 * @param each n: 1 to 16
 * @param inputs elements of `[0, FIELD)`, n for each hash
 * @returns the hash of each group, in order
 * @throws {MillraceError} `internal/bad-poseidon-input`
 */
export function poseidonMany(each: number, inputs: readonly bigint[]): bigint[] {
  assertInputs(each, inputs);
  return engine.hashMany(each, inputs);
}

function assertInputs(each: number, inputs: readonly bigint[]): void {
  const whole = Number.isInteger(each) && Number.isInteger(inputs.length / each);
  if (whole && each >= 1 && each <= MAX_INPUTS && inputs.every(isFieldElement)) return;
  throw new MillraceError('internal', 'bad-poseidon-input', 'Poseidon takes 1 to 16 field elements', {
    details: {
      each,
      length: inputs.length,
      notInField: inputs.filter((x) => !isFieldElement(x)).map(String),
    },
  });
}

// circomlibjs's own conversions go through hexadecimal strings and cost more than the hash.
function toBytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(ELEMENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 4; i++) view.setBigUint64(8 * i, value >> BigInt(64 * i), true);
  return bytes;
}

function fromBytes(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, ELEMENT_BYTES);
  const word = (i: number) => view.getBigUint64(8 * i, true) << BigInt(64 * i);
  return word(0) | word(1) | word(2) | word(3);
}
