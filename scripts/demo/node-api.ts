import { z } from 'zod';
import { MillraceError } from '../../protocol/error.ts';
import { type SignedOp, signedOpToJson } from '../../protocol/ops.ts';

const receiptSchema = z.object({ id: z.string(), toIndex: z.number().nullish() });
const accountSchema = z.object({
  index: z.number(),
  nonce: z.number(),
  balance: z.string().transform(BigInt),
});
const opSchema = z.object({ status: z.string(), batch: z.number().nullish(), rejection: z.unknown() });
const statusSchema = z.object({
  stateRoot: z.string(),
  accountCount: z.number(),
  lastSealed: z.number(),
  lastFinalized: z.number(),
  batches: z.object({
    planned: z.number(),
    sealed: z.number(),
    proven: z.number(),
    submitted: z.number(),
    finalized: z.number(),
  }),
  l1Queue: z.object({ read: z.number(), waiting: z.number() }),
});
const batchSchema = z.object({
  number: z.number(),
  status: z.string(),
  l1First: z.number(),
  l1End: z.number(),
  signedOps: z.number(),
  accounts: z.number(),
  openedAt: z.number(),
  sealedAt: z.number(),
  finalizedAt: z.number().optional(),
  newRoot: z.string(),
  publicSignals: z.tuple([z.string(), z.string(), z.string()]).nullable(),
  payouts: z.array(z.object({ owner: z.string(), token: z.number(), amount: z.string().transform(BigInt) })),
  proof: z
    .object({
      worker: z.string(),
      provenAt: z.number(),
      timings: z.object({ witnessMs: z.number(), proveMs: z.number(), totalMs: z.number() }),
    })
    .nullable(),
  finalization: z.object({ transactionHash: z.string() }).nullable(),
});
const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});

export type NodeBatch = z.infer<typeof batchSchema>;
export type NodeState = z.infer<typeof statusSchema>;

/** A node's HTTP API, as a wallet sees it. Answers are checked. */
export class NodeApi {
  readonly #url: string;

  /** @param url e.g. `http://127.0.0.1:7180` */
  constructor(url: string) {
    this.#url = url;
  }

  /** @throws {MillraceError} `refused` with the node's own code when it does not take the op */
  async submit(signed: SignedOp): Promise<z.infer<typeof receiptSchema>> {
    const body = JSON.stringify(signedOpToJson(signed));
    return this.#ask(receiptSchema, '/v1/ops', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  }

  op(id: string): Promise<z.infer<typeof opSchema>> {
    return this.#ask(opSchema, `/v1/ops/${id}`);
  }

  /** The holder's account of this token as all admitted ops leave it, if there is one. */
  async findAccount(keyHash: bigint, token: number): Promise<z.infer<typeof accountSchema> | undefined> {
    const schema = z.object({ accounts: z.array(accountSchema) });
    const { accounts } = await this.#ask(schema, `/v1/accounts?keyHash=${keyHash}&token=${token}`);
    return accounts[0];
  }

  status(): Promise<NodeState> {
    return this.#ask(statusSchema, '/v1/status');
  }

  batch(number: number): Promise<NodeBatch> {
    return this.#ask(batchSchema, `/v1/batches/${number}`);
  }

  async #ask<T>(schema: z.ZodType<T>, path: string, init?: RequestInit): Promise<T> {
    const response = await fetch(`${this.#url}${path}`, init);
    const answer: unknown = await response.json();
    if (response.ok) return schema.parse(answer);
    const { code, message, details } = errorSchema.parse(answer);
    throw new MillraceError(response.status < 500 ? 'refused' : 'internal', code, message, { details });
  }
}
