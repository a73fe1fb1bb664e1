import { checkBits, pack, unpack } from './bits.ts';
import { MillraceError } from './error.ts';

/** `mantissa * 10^exponent` (docs/protocol.md, section 2). */
const FEE_CODE = [
  ['mantissa', 8],
  ['exponent', 4],
] as const;

export const FEE_CODE_BITS = 12;
const MAX_MANTISSA = 255n;

/** The largest fee that has a code: 255 * 10^15 units. */
export const MAX_FEE = MAX_MANTISSA * 10n ** 15n;

/**
 * Code of the smallest representable fee that is not below `units`.
 * Of the codes of one fee it is the one with the smallest exponent.
 * @param units fee in the token's unit, `0 <= units <= MAX_FEE`
 * @throws {MillraceError} `input/bad-fee` outside of that range
 */
export function encodeFee(units: bigint): number {
  if (units < 0n || units > MAX_FEE) {
    throw new MillraceError('input', 'bad-fee', 'This fee has no code', {
      details: { expected: `0 .. ${MAX_FEE} units`, found: units.toString() },
      fix: `Offer a fee of at most ${MAX_FEE} units of the token.`,
    });
  }
  let exponent = 0;
  let scale = 1n;
  while (units > MAX_MANTISSA * scale) {
    exponent += 1;
    scale *= 10n;
  }
  return Number(pack(FEE_CODE, { mantissa: (units + scale - 1n) / scale, exponent }));
}

/**
 * Fee in the token's unit.
 * @param code 12 bits; every code has a value
 * @throws {MillraceError} `input/bad-field`
 */
export function decodeFee(code: number): bigint {
  const { mantissa, exponent } = unpack(FEE_CODE, checkBits('feeCode', code, FEE_CODE_BITS));
  return mantissa * 10n ** exponent;
}
