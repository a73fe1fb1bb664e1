import { MillraceError } from './error.ts';

/** Names and bit widths of the fields of a packed integer, lowest bits first. */
export type BitLayout = readonly (readonly [name: string, bits: number])[];

type FieldName<L extends BitLayout> = L[number][0];

/**
 * Packs fields into one integer, the first in the lowest bits (`a | b @ k` in docs/protocol.md).
 * @throws {MillraceError} `input/bad-field` when a value is negative, no integer, or wider than its field.
 */
export function pack<L extends BitLayout>(
  layout: L,
  values: Readonly<Record<FieldName<L>, bigint | number>>,
): bigint {
  let packed = 0n;
  let shift = 0n;
  for (const [name, bits] of layout) {
    packed |= checkBits(name, values[name as FieldName<L>], bits) << shift;
    shift += BigInt(bits);
  }
  return packed;
}

/** Takes apart what {@link pack} put together. Bits above the layout's width are not looked at. */
export function unpack<L extends BitLayout>(layout: L, packed: bigint): Record<FieldName<L>, bigint> {
  const values: Record<string, bigint> = {};
  let rest = packed;
  for (const [name, bits] of layout) {
    values[name] = BigInt.asUintN(bits, rest);
    rest >>= BigInt(bits);
  }
  return values as Record<FieldName<L>, bigint>;
}

/** Sum of the widths of a layout's fields. */
export function width(layout: BitLayout): number {
  return layout.reduce((sum, [, bits]) => sum + bits, 0);
}

/**
 * The value as a bigint, if it is an integer of `[0, 2^bits)`.
 * @throws {MillraceError} `input/bad-field` that names the field otherwise.
 */
export function checkBits(name: string, value: bigint | number, bits: number): bigint {
  const integer = typeof value === 'bigint' || Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (integer === undefined || integer < 0n || integer >> BigInt(bits) !== 0n) {
    throw new MillraceError('input', 'bad-field', `${name} is not an integer of ${bits} bits`, {
      details: { field: name, expected: `0 <= ${name} < 2^${bits}`, found: String(value) },
      fix: `Give ${name} in its range (docs/protocol.md, sections 1 and 2).`,
    });
  }
  return integer;
}
