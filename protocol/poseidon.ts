import { buildPoseidon } from 'circomlibjs';
import { MillraceError } from './error.ts';
import { isFieldElement } from './field.ts';

/** Widest input of circomlib's Poseidon. */
export const MAX_INPUTS = 16;

const ELEMENT_BYTES = 32;
const wasm = await buildPoseidon();

/**
 * `P_n` of docs/protocol.md: Poseidon over BN254's field with circomlib's constants (Grassi et al.,
 * https://eprint.iacr.org/2019/458), computed by circomlibjs in WASM: 0.05 to 0.3 ms.
 * @param inputs 1 to 16 elements of `[0, FIELD)`
 * @throws {MillraceError} `internal/bad-poseidon-input`: callers check what comes from outside first
 */
export function poseidon(inputs: readonly bigint[]): bigint {
  if (inputs.length < 1 || inputs.length > MAX_INPUTS || !inputs.every(isFieldElement)) {
    throw new MillraceError('internal', 'bad-poseidon-input', 'Poseidon takes 1 to 16 field elements', {
      details: { length: inputs.length, notInField: inputs.filter((x) => !isFieldElement(x)).map(String) },
    });
  }
  const buffer = new Uint8Array(inputs.length * ELEMENT_BYTES);
  inputs.forEach((input, i) => {
    buffer.set(wasm.F.toMontgomery(toBytes(input)), i * ELEMENT_BYTES);
  });
  return fromBytes(wasm.F.fromMontgomery(wasm(buffer)));
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
