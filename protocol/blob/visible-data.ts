import { bytesFromInteger, concatBytes } from '../bytes.ts';
import { DataReader } from '../data-reader.ts';
import { RESULT_BYTES } from '../l1-ops.ts';
import type { Shape } from '../shape.ts';
import { splitLayout } from './split.ts';

const ELEMENT_BYTES = 31;
const COUNT_BYTES = 2;
const OWNER_BYTES = 20;
const TOKEN_BYTES = 2;
const AMOUNT_BYTES = 8;

/**
 * The calldata of a blob batch (docs/protocol.md, section 3.5): L1 ops and withdrawals.
 * @param visible of {@link splitVector}
 * @param l1Count used places for L1 ops; those after them are zero
 */
export function encodeVisible(visible: readonly bigint[], shape: Shape, l1Count: number): Uint8Array {
  const at = splitLayout(shape);
  const parts = [bytesFromInteger(BigInt(l1Count), COUNT_BYTES)];
  for (let t = 0; t < l1Count; t++) {
    const [e0, e1, e2, result] = visible.slice(at.l1 + 4 * t, at.l1 + 4 * t + 4);
    parts.push(...[e0!, e1!, e2!].map((element) => bytesFromInteger(element, ELEMENT_BYTES)));
    parts.push(bytesFromInteger(result!, RESULT_BYTES));
  }
  // A withdrawal's token is not 0, so its second element is not either.
  const withdrawals = Array.from({ length: shape.n2 }, (_, i) => i).filter(
    (i) => visible[at.withdrawals + 2 * i + 1] !== 0n,
  );
  parts.push(bytesFromInteger(BigInt(withdrawals.length), COUNT_BYTES));
  for (const i of withdrawals) {
    const [owner, payment] = visible.slice(at.withdrawals + 2 * i);
    parts.push(bytesFromInteger(BigInt(i), COUNT_BYTES), bytesFromInteger(owner!, OWNER_BYTES));
    parts.push(
      bytesFromInteger(payment! & 0xffffn, TOKEN_BYTES),
      bytesFromInteger(payment! >> 16n, AMOUNT_BYTES),
    );
  }
  return concatBytes(parts);
}

/**
 * The vector `visible` that calldata and the head describe, and the number of L1 ops.
 * @param head the first four elements of the public-data vector
 * @throws {MillraceError} `input/bad-data` with the byte offset at which the data break section 3.5
 */
export function decodeVisible(
  data: Uint8Array,
  shape: Shape,
  head: readonly [bigint, bigint, bigint, bigint],
): { visible: bigint[]; l1Count: number } {
  const at = splitLayout(shape);
  const visible = Array<bigint>(at.visibleLength).fill(0n);
  visible.splice(0, head.length, ...head);
  const reader = new DataReader(data, 'section 3.5');
  const l1Count = reader.count('L1 ops', shape.n1);
  for (let t = 0; t < l1Count; t++) {
    for (let part = 0; part < 3; part++) visible[at.l1 + 4 * t + part] = reader.integer(ELEMENT_BYTES);
    visible[at.l1 + 4 * t + 3] = reader.integer(RESULT_BYTES);
  }
  const count = reader.count('withdrawals', shape.n2);
  let next = 0;
  for (let w = 0; w < count; w++) {
    const position = Number(reader.integer(COUNT_BYTES));
    if (position < next || position >= shape.n2)
      throw reader.error(`a position from ${next} below ${shape.n2}`, position);
    next = position + 1;
    visible[at.withdrawals + 2 * position] = reader.integer(OWNER_BYTES);
    const token = reader.integer(TOKEN_BYTES);
    if (token === 0n) throw reader.error('a token', 0);
    visible[at.withdrawals + 2 * position + 1] = token | (reader.integer(AMOUNT_BYTES) << 16n);
  }
  reader.end();
  return { visible, l1Count };
}
