import { z } from 'zod';
import { BACKEND_CHOICES } from './backend.ts';
import { inputHashSchema } from './job.ts';
import { groth16ProofSchema, publicSignalsSchema, verificationKeySchema } from './proof.ts';

/** What the worker asks of its prover child. Sent over IPC with structured clone. */
export const childRequestSchema = z.strictObject({
  shape: z.string(),
  inputHash: inputHashSchema,
  /** The packed witness input. */
  input: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  wasm: z.string(),
  zkey: z.string(),
  vkey: verificationKeySchema,
  backend: z.enum(BACKEND_CHOICES),
});
export type ChildRequest = z.infer<typeof childRequestSchema>;

/** What the child answers: one reply to each request. */
export const childReplySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('proof'),
    proof: groth16ProofSchema,
    publicSignals: publicSignalsSchema,
    witnessMs: z.number(),
    proveMs: z.number(),
    /** As in `InputProof`. */
    programDropped: z.boolean(),
    peakMemory: z.int(),
  }),
  z.strictObject({
    kind: z.literal('failure'),
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
]);
export type ChildReply = z.infer<typeof childReplySchema>;

/** Environment variable that tells the child its parent's process id. */
export const PARENT_PID_VARIABLE = 'MILLRACE_PROVER_PARENT';
