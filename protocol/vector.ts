import { pack, unpack } from './bits.ts';
import { FEE_CODE_BITS } from './fee.ts';
import { fromLoHi, hi, lo } from './field.ts';
import type { L1Elements } from './l1-ops.ts';
import { OP_TYPE, type SignedOp } from './ops.ts';
import { layout, OP_STRIDE, type Shape, TYPES_PER_ELEMENT } from './shape.ts';

/** An L1 op as the vector has it: the contract's elements and the packed result. */
export interface L1Entry {
  readonly elements: L1Elements;
  readonly result: bigint;
}

/** A signed op as the vector has it (docs/protocol.md, section 3.1). */
export interface L2Entry {
  /** 0 no-op, 1 Transfer, 2 TransferToNew, 3 Withdraw. */
  readonly type: number;
  readonly from: number;
  /** The field `to'`: index, `hi(toKeyHash)` or token by type. */
  readonly to: number;
  readonly amount: bigint;
  readonly feeCode: number;
  /** Auxiliary value: 0, `lo(toKeyHash)` or L1 owner by type. */
  readonly aux: bigint;
}

/** The entry that fills an unused place. */
export const NO_L2_ENTRY: L2Entry = { type: 0, from: 0, to: 0, amount: 0n, feeCode: 0, aux: 0n };

/** What a batch publishes. */
export interface BatchContent {
  readonly domain: bigint;
  readonly number: number;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  /** Up to four account indexes; 0 is unused. */
  readonly feeIndexes: readonly number[];
  readonly l1: readonly L1Entry[];
  readonly l2: readonly L2Entry[];
}

/** The elements of the vector that the data on L1 do not carry: the contract knows them. */
export const HEAD_LENGTH = 4;

/** Position of the packed fee accounts. */
export const FEE_POSITION = 4;

const HEADER = [
  ['number', 64],
  ['oldRootHi', 6],
  ['newRootHi', 6],
] as const;

const FEES = [
  ['f0', 32],
  ['f1', 32],
  ['f2', 32],
  ['f3', 32],
] as const;

/** Bits of a type code. */
export const TYPE_BITS = 2;

/** Layout of the op data with index fields of `w` bits. */
const opData = (w: number) =>
  [
    ['from', w],
    ['to', w],
    ['amount', 64],
    ['feeCode', FEE_CODE_BITS],
  ] as const;

/**
 * The public-data vector `d` of a batch.
 * @throws {MillraceError} `input/bad-field` for a value outside of its field
 */
export function toVector(content: BatchContent, shape: Shape): bigint[] {
  const at = layout(shape);
  const d = Array<bigint>(at.length).fill(0n);
  d.splice(0, HEAD_LENGTH, ...toHead(content));
  const [f0 = 0, f1 = 0, f2 = 0, f3 = 0] = content.feeIndexes;
  d[FEE_POSITION] = pack(FEES, { f0, f1, f2, f3 });
  content.l1.forEach(({ elements, result }, t) => {
    d.splice(at.l1 + 4 * t, 4, ...elements, result);
  });
  content.l2.forEach((op, i) => {
    d[at.types + Math.floor(i / TYPES_PER_ELEMENT)]! |=
      BigInt(op.type) << BigInt(TYPE_BITS * (i % TYPES_PER_ELEMENT));
    d[at.ops + Math.floor(i / at.opsPerElement)]! |=
      pack(opData(at.indexBits), op) << BigInt((i % at.opsPerElement) * OP_STRIDE);
    d[at.aux + i] = op.aux;
  });
  return d;
}

/** The first four elements: domain, number and roots. */
export function toHead(
  content: Pick<BatchContent, 'domain' | 'number' | 'oldRoot' | 'newRoot'>,
): [bigint, bigint, bigint, bigint] {
  const { domain, number, oldRoot, newRoot } = content;
  const header = pack(HEADER, { number, oldRootHi: hi(oldRoot), newRootHi: hi(newRoot) });
  return [domain, header, lo(oldRoot), lo(newRoot)];
}

/**
 * Reads a vector back, every place of the shape with its unused ones.
 * @param d as long as the shape's layout says
 */
export function fromVector(d: readonly bigint[], shape: Shape): BatchContent {
  const at = layout(shape);
  const { number, oldRootHi, newRootHi } = unpack(HEADER, d[1]!);
  const { f0, f1, f2, f3 } = unpack(FEES, d[FEE_POSITION]!);
  return {
    domain: d[0]!,
    number: Number(number),
    oldRoot: fromLoHi(d[2]!, oldRootHi),
    newRoot: fromLoHi(d[3]!, newRootHi),
    feeIndexes: [f0, f1, f2, f3].map(Number),
    l1: Array.from({ length: shape.n1 }, (_, t) => {
      const [e0, e1, e2, result] = d.slice(at.l1 + 4 * t, at.l1 + 4 * t + 4);
      return { elements: [e0!, e1!, e2!], result: result! };
    }),
    l2: Array.from({ length: shape.n2 }, (_, i) => {
      const place =
        d[at.ops + Math.floor(i / at.opsPerElement)]! >> BigInt((i % at.opsPerElement) * OP_STRIDE);
      const { from, to, amount, feeCode } = unpack(opData(at.indexBits), place);
      return {
        type: typeAt(d, shape, i),
        from: Number(from),
        to: Number(to),
        amount,
        feeCode: Number(feeCode),
        aux: d[at.aux + i]!,
      };
    }),
  };
}

/** Type code of signed op `i`. */
export function typeAt(d: readonly bigint[], shape: Shape, i: number): number {
  const element = d[layout(shape).types + Math.floor(i / TYPES_PER_ELEMENT)]!;
  return Number((element >> BigInt(TYPE_BITS * (i % TYPES_PER_ELEMENT))) & 3n);
}

/** What the vector says of a signed op. */
export function toEntry({ op, owner }: SignedOp): L2Entry {
  const { from, amount, feeCode } = op;
  const common = { type: OP_TYPE[op.type], from, amount, feeCode };
  if (op.type === 'transfer') return { ...common, to: op.to, aux: 0n };
  if (op.type === 'transferToNew') return { ...common, to: Number(hi(op.toKeyHash)), aux: lo(op.toKeyHash) };
  return { ...common, to: op.token, aux: owner };
}
