import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesFromInteger, concatBytes, integerFromBytes, wordFromInteger } from './bytes.ts';
import { DataReader } from './data-reader.ts';
import { reduce } from './field.ts';
import { RESULT_BYTES } from './l1-ops.ts';
import { OP_TYPE } from './ops.ts';
import { poseidon } from './poseidon.ts';
import { layout, OP_STRIDE, type Shape, TYPES_PER_ELEMENT } from './shape.ts';
import { type BatchContent, FEE_POSITION, HEAD_LENGTH, TYPE_BITS, toVector, typeAt } from './vector.ts';

/** Bytes of one element of the vector in the data. */
const ELEMENT_BYTES = 31;
const FEE_BYTES = 16;
const FEE_INDEX_BITS = 32n;
const COUNT_BYTES = 2;
/** Elements that one Poseidon call of the chain takes in. */
const CHAIN_RATE = 15;

/** Ops of a batch that the data carry. */
export interface Counts {
  readonly l1: number;
  readonly l2: number;
}

/**
 * The bytes that go to L1 for a vector (docs/protocol.md, section 3.3).
 * @param counts used places; the places after them are zero in `d`
 */
export function encodeData(d: readonly bigint[], shape: Shape, counts: Counts): Uint8Array {
  const at = layout(shape);
  const element = (position: number) => bytesFromInteger(d[position]!, ELEMENT_BYTES);
  const count = (n: number) => bytesFromInteger(BigInt(n), COUNT_BYTES);
  const parts: Uint8Array[] = [];
  for (let f = 0n; f < 4n; f++) {
    const index = BigInt.asUintN(Number(FEE_INDEX_BITS), d[FEE_POSITION]! >> (f * FEE_INDEX_BITS));
    parts.push(bytesFromInteger(index, FEE_BYTES / 4));
  }
  parts.push(count(counts.l1));
  for (let t = 0; t < counts.l1; t++) {
    const first = at.l1 + 4 * t;
    parts.push(
      element(first),
      element(first + 1),
      element(first + 2),
      bytesFromInteger(d[first + 3]!, RESULT_BYTES),
    );
  }
  parts.push(count(counts.l2));
  const { typeElements, opElements } = layout({ ...shape, n2: counts.l2 });
  for (let i = 0; i < typeElements; i++) parts.push(element(at.types + i));
  for (let i = 0; i < opElements; i++) parts.push(element(at.ops + i));
  const withAux = opsWithAux(d, shape, counts.l2);
  parts.push(count(withAux.length));
  for (const i of withAux) parts.push(count(i), element(at.aux + i));
  return concatBytes(parts);
}

/**
 * The vector that the data and what L1 knows describe.
 * @param head the first four elements of the vector
 * @throws {MillraceError} `input/bad-data` with the byte offset at which the data break section 3.3
 */
export function decodeData(
  data: Uint8Array,
  shape: Shape,
  head: readonly [bigint, bigint, bigint, bigint],
): { d: bigint[]; counts: Counts } {
  const at = layout(shape);
  const d = Array<bigint>(at.length).fill(0n);
  d.splice(0, HEAD_LENGTH, ...head);
  const reader = new DataReader(data, 'section 3.3');
  for (let f = 0n; f < 4n; f++) d[FEE_POSITION]! |= reader.integer(FEE_BYTES / 4) << (f * FEE_INDEX_BITS);

  const l1 = reader.count('L1 ops', shape.n1);
  for (let t = 0; t < l1; t++) {
    for (let part = 0; part < 3; part++) d[at.l1 + 4 * t + part] = reader.integer(ELEMENT_BYTES);
    d[at.l1 + 4 * t + 3] = reader.integer(RESULT_BYTES);
  }

  const l2 = reader.count('signed ops', shape.n2);
  const { typeElements, opElements } = layout({ ...shape, n2: l2 });
  for (let i = 0; i < typeElements; i++) d[at.types + i] = reader.integer(ELEMENT_BYTES);
  for (let i = 0; i < opElements; i++) d[at.ops + i] = reader.integer(ELEMENT_BYTES);

  // What L1 refuses, no more: whoever reads L1 has to read what L1 took, also if it can never be proven.
  const opsInLast = lastCount(l2, at.opsPerElement);
  const padding = [
    d[at.types + typeElements - 1]! >> BigInt(TYPE_BITS * lastCount(l2, TYPES_PER_ELEMENT)),
    opsInLast < at.opsPerElement ? d[at.ops + opElements - 1]! >> BigInt(OP_STRIDE * opsInLast) : 0n,
  ];
  if (l2 > 0 && padding.some((bits) => bits !== 0n))
    throw reader.error('zeros after the last op', 'other bits');

  const withAux = opsWithAux(d, shape, l2);
  const auxCount = reader.count('auxiliary values', l2);
  if (auxCount !== withAux.length) throw reader.error(`${withAux.length} auxiliary values`, auxCount);
  for (const i of withAux) {
    const position = Number(reader.integer(COUNT_BYTES));
    if (position !== i) throw reader.error(`the auxiliary value of op ${i}`, `of op ${position}`);
    d[at.aux + i] = reader.integer(ELEMENT_BYTES);
  }
  reader.end();
  return { d, counts: { l1, l2 } };
}

/** Places of the ops that have an auxiliary value: TransferToNew and Withdraw. */
function opsWithAux(d: readonly bigint[], shape: Shape, l2: number): number[] {
  return Array.from({ length: l2 }, (_, i) => i).filter((i) => typeAt(d, shape, i) >= OP_TYPE.transferToNew);
}

/** How many of `count` items are in the last group of `size`. */
function lastCount(count: number, size: number): number {
  return ((count - 1) % size) + 1;
}

/** `C`: the vector, filled up with zeros, through a Poseidon chain of 15 elements a call. */
export function hashPublicData(d: readonly bigint[]): bigint {
  let hash = 0n;
  for (let i = 0; i < d.length; i += CHAIN_RATE) {
    const block = d.slice(i, i + CHAIN_RATE);
    hash = poseidon([hash, ...block, ...Array<bigint>(CHAIN_RATE - block.length).fill(0n)]);
  }
  return hash;
}

/**
 * `z`: drawn after `C` and after everything that L1 sees.
 * @param shapeId place of the shape's verifier in the rollup's list
 */
export function challenge(c: bigint, shapeId: number, d: readonly bigint[], data: Uint8Array): bigint {
  const words = [c, BigInt(shapeId), ...d.slice(0, HEAD_LENGTH)].map(wordFromInteger);
  return reduce(integerFromBytes(keccak_256(concatBytes([...words, keccak_256(data)]))));
}

/** `y`: the value at `z` of the polynomial whose coefficients are the vector. */
export function evaluate(d: readonly bigint[], z: bigint): bigint {
  return d.reduceRight((y, element) => reduce(y * z + element), 0n);
}

/** A batch's content as L1 and the circuit see it. */
export interface PublicData {
  /** The public-data vector. */
  readonly d: readonly bigint[];
  /** The bytes that go to L1. */
  readonly data: Uint8Array;
  readonly c: bigint;
  readonly z: bigint;
  readonly y: bigint;
}

/**
 * Encodes and binds the content of a batch (docs/protocol.md, sections 3.1 to 3.3).
 * @param content its ops are those of the batch, without unused places
 * @param shapeId place of the shape's verifier in the rollup's list
 */
export function publish(content: BatchContent, shape: Shape, shapeId: number): PublicData {
  const d = toVector(content, shape);
  const data = encodeData(d, shape, { l1: content.l1.length, l2: content.l2.length });
  const c = hashPublicData(d);
  const z = challenge(c, shapeId, d, data);
  return { d, data, c, z, y: evaluate(d, z) };
}
