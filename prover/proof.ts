import { z } from 'zod';
import { MillraceError } from '../protocol/error.ts';

/** A non-negative integer below 2^256 in canonical decimal: no sign, no leading zero. */
export const decimalSchema = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a canonical decimal string');

const g1Schema = z.tuple([decimalSchema, decimalSchema, decimalSchema]);
const fq2Schema = z.tuple([decimalSchema, decimalSchema]);
const g2Schema = z.tuple([fq2Schema, fq2Schema, fq2Schema]);

/** A point of G1 as snarkjs writes it: x, y and z, where z is `"1"`, or `"0"` for the point at infinity. */
export type G1Json = z.infer<typeof g1Schema>;
/** A point of G2 as snarkjs writes it: each coordinate is `[c0, c1]` of `c0 + c1 u`. */
export type G2Json = z.infer<typeof g2Schema>;

/** snarkjs's `proof.json`. */
export const groth16ProofSchema = z.strictObject({
  pi_a: g1Schema,
  pi_b: g2Schema,
  pi_c: g1Schema,
  protocol: z.literal('groth16'),
  curve: z.literal('bn128'),
});
export type Groth16Proof = z.infer<typeof groth16ProofSchema>;

/** snarkjs's `public.json`. Whether each value is below r is for the verifier to judge. */
export const publicSignalsSchema = z.array(decimalSchema).max(1 << 16);

/** snarkjs's `verification_key.json`; fields that verification does not need (`vk_alphabeta_12`) are left out. */
export const verificationKeySchema = z.object({
  protocol: z.literal('groth16'),
  curve: z.literal('bn128'),
  nPublic: z
    .int()
    .nonnegative()
    .max(1 << 16),
  vk_alpha_1: g1Schema,
  vk_beta_2: g2Schema,
  vk_gamma_2: g2Schema,
  vk_delta_2: g2Schema,
  IC: z.array(g1Schema).min(1),
});
export type VerificationKey = z.infer<typeof verificationKeySchema>;

/**
 * Reads a value from outside with one of the schemas above.
 *
 * @throws {MillraceError} `input` / `malformed-<what>` that names the first wrong field.
 */
export function parseProofFile<T>(schema: z.ZodType<T>, what: string, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new MillraceError(
    'input',
    `malformed-${what.replaceAll(' ', '-')}`,
    `This is not a ${what} of snarkjs`,
    {
      details: { field: issue?.path.join('.'), problem: issue?.message },
      fix: `Pass the JSON that snarkjs or Millrace wrote as the ${what}, for Groth16 on bn128.`,
    },
  );
}
