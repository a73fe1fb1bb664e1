import { z } from 'zod';
import { groth16ProofSchema, publicSignalsSchema } from './proof.ts';

/** SHA-256 of the canonical JSON of a circuit's input, 64 hex digits: see `witness-input.ts`. */
export const inputHashSchema = z.string().regex(/^[0-9a-f]{64}$/);
export const workerIdSchema = z.string().regex(/^[\w.:-]{1,128}$/);
const manifestIdSchema = z.string().min(1).max(128);
const milliseconds = z.number().nonnegative();

/** Most workers that a list in a job names. */
export const MAX_LISTED_WORKERS = 1024;
/** Longest time that a worker leaves a batch to others after a failure of its own, ms. */
export const MAX_REST_MS = 60_000;

/**
 * What travels through the queue: identifiers and hashes. The witness input itself stays beside the queue,
 * under its hash, because queues are slow with large payloads.
 */
export const proofJobSchema = z.strictObject({
  batch: z.int().nonnegative(),
  /** Raised by the dispatcher each time the batch has to be proven again. */
  attempt: z.int().nonnegative(),
  shape: z.string().regex(/^[\w-]{1,64}$/),
  inputHash: inputHashSchema,
  /** Id of the artifact manifest that the on-chain verifier was built from. A worker with another one refuses. */
  manifestId: manifestIdSchema,
  /** Workers that gave a wrong proof for this batch. They leave the job to others. */
  refusedWorkers: z.array(workerIdSchema).max(MAX_LISTED_WORKERS),
  /** Workers that could not prove this batch. They leave the job to others until then, ms since the epoch. */
  restingWorkers: z
    .array(z.strictObject({ worker: workerIdSchema, until: z.int().nonnegative() }))
    .max(MAX_LISTED_WORKERS),
});
export type ProofJob = z.infer<typeof proofJobSchema>;

/** Queue-wide unique name of a job: adding the same job twice changes nothing. */
export function jobId(job: Pick<ProofJob, 'batch' | 'inputHash' | 'attempt'>): string {
  return `batch-${job.batch}-${job.inputHash.slice(0, 12)}-${job.attempt}`;
}

export const proofTimingsSchema = z.strictObject({
  witnessMs: milliseconds,
  proveMs: milliseconds,
  /** From the moment the worker took the job, reading the input and starting the child included. */
  totalMs: milliseconds,
});
export type ProofTimings = z.infer<typeof proofTimingsSchema>;

/** What a worker claims to have proven. Nothing in it counts before the dispatcher has verified the proof. */
export const proofResultSchema = z.strictObject({
  batch: z.int().nonnegative(),
  attempt: z.int().nonnegative(),
  worker: workerIdSchema,
  inputHash: inputHashSchema,
  manifestId: manifestIdSchema,
  proof: groth16ProofSchema,
  publicSignals: publicSignalsSchema,
  timings: proofTimingsSchema,
  /** Peak resident memory of the prover process so far, in bytes. */
  peakMemory: z.int().nonnegative().optional(),
});
export type ProofResult = z.infer<typeof proofResultSchema>;

/** Why a worker could not prove. Like a result, a claim of the worker and no more. */
export const proofFailureSchema = z.strictObject({
  worker: workerIdSchema,
  code: z.string().max(64),
  message: z.string().max(4096),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ProofFailure = z.infer<typeof proofFailureSchema>;

/** How a job ended. */
export const proofOutcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('proof'), result: proofResultSchema }),
  z.strictObject({ kind: z.literal('failure'), failure: proofFailureSchema }),
]);
export type ProofOutcome = z.infer<typeof proofOutcomeSchema>;
