import type { Circuit } from '../../prover/artifacts/circuit-sources.ts';

/** Signals of `Batch` that a batch's inputs do not fix, and why that does not matter. */
export const FREE: readonly { readonly signal: RegExp; readonly why: string }[] = [
  {
    signal: /\.(inv|hasToken\[\d\]|inverse\[\d\])$/,
    why: 'The inverse of a value x that is 0 here. The constraints are x * inverse = 1 - isZero and x * isZero = 0, or alike: with x = 0 they fix isZero = 1 whatever the inverse is, and the inverse stands nowhere else.',
  },
  {
    signal: /^main\.shares\[\d+\]\.g\[\d\]$/,
    why: 'Of an op without a fee whose token is 0, that is a no-op: g of the fee accounts that are not named, whose token is 0 too. g is used in share = g * fee = 0 alone.',
  },
];

/**
 * The circuit with each signal and each linear constraint as it is in the sources. `--O2` then takes linear constraints out by
 * substitution, which leaves the same assignments of the other signals, but in an order that is hard to solve by steps.
 */
export function unsimplified(circuit: Circuit): Circuit {
  return { ...circuit, name: `${circuit.name}-unsimplified`, flags: ['--O1'] };
}
