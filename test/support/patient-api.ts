import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../protocol/error.ts';
import type { SignedOp } from '../../protocol/ops.ts';
import { NodeApi } from '../../scripts/demo/node-api.ts';

/** A node that is away for longer than this is not coming back, ms. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 100;
/** Answers of a node that is there, but not ready. */
const NOT_NOW = new Set(['closing', 'overloaded', 'reorganizing']);

/** A node's API as a patient wallet uses it: what gets no answer is asked again until it does. */
export class PatientApi extends NodeApi {
  /** The ops that the node has acknowledged, in this order. */
  readonly acknowledged: SignedOp[] = [];

  /** The same op may reach the node several times: it is acknowledged once. */
  override async submit(signed: SignedOp) {
    const receipt = await patiently(() => super.submit(signed));
    this.acknowledged.push(signed);
    return receipt;
  }

  override op(id: string) {
    return patiently(() => super.op(id));
  }

  override findAccount(keyHash: bigint, token: number) {
    return patiently(() => super.findAccount(keyHash, token));
  }

  override status() {
    return patiently(() => super.status());
  }

  override batch(number: number) {
    return patiently(() => super.batch(number));
  }
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isTemporary(error) || Date.now() > deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** `fetch` tells of a connection that fails or breaks off with a TypeError that has a cause. */
function isTemporary(error: unknown): boolean {
  if (error instanceof MillraceError) return NOT_NOW.has(error.code);
  return error instanceof TypeError && error.cause !== undefined;
}
