import { getBytes, type Interface, isHexString, type JsonRpcProvider } from 'ethers';
import { z } from 'zod';
import { isConnectionError, reasonOf } from '../aggregator/l1-connection.ts';
import type { BatchInput } from '../protocol/batch-header.ts';
import type { BlobBatchInput } from '../protocol/blob/committed-blob.ts';
import { MillraceError } from '../protocol/error.ts';
import { Calldata } from './calldata.ts';

/** The contract's functions that bring batches: place of the list of batches among the words of the arguments, and whether their data are in a blob. */
const COMMITS: ReadonlyMap<string, { readonly place: number; readonly blob: boolean }> = new Map([
  ['commitBatches', { place: 10, blob: false }],
  ['commitAndProveBatches', { place: 0, blob: false }],
  ['commitBlobBatches', { place: 11, blob: true }],
  ['commitAndProveBlobBatches', { place: 1, blob: true }],
]);

/** What one call handed to the rollup. */
export type CommitCall =
  | { readonly inputs: readonly BatchInput[]; readonly versionedHash?: undefined }
  | {
      readonly inputs: readonly BlobBatchInput[];
      /** Of the transaction's first blob, 0x + 64 hex. */
      readonly versionedHash: string;
    };

const hexSchema = z.string().refine((text) => isHexString(text), 'expected 0x hex');

/** What geth's `callTracer` tells of a call; more is ignored. */
interface TracedCall {
  readonly type: string;
  readonly to?: string | undefined;
  readonly input: string;
  readonly error?: string | undefined;
  readonly calls?: readonly TracedCall[] | undefined;
}
const callSchema: z.ZodType<TracedCall> = z.lazy(() =>
  z.object({
    type: z.string(),
    to: hexSchema.optional(),
    input: hexSchema,
    error: z.string().optional(),
    calls: z.array(callSchema).optional(),
  }),
);

/**
 * The batches that a transaction handed to the rollup, call by call, in order: from its calldata, or from its trace where another
 * contract called the rollup.
 *
 * @param rollup address
 * @throws {MillraceError} `refused/transaction-missing`, `refused/trace-needed`, `refused/not-a-commit`
 */
export async function committedIn(
  provider: JsonRpcProvider,
  { rollup, abi }: { rollup: string; abi: Interface },
  hash: string,
): Promise<CommitCall[]> {
  const transaction = await provider.getTransaction(hash);
  if (transaction === null) {
    throw new MillraceError(
      'refused',
      'transaction-missing',
      'The L1 node has an event but not its transaction',
      {
        details: { transaction: hash },
        fix: 'Try again; if it stays, use an L1 node that keeps all transactions.',
      },
    );
  }
  const direct = transaction.to?.toLowerCase() === rollup.toLowerCase();
  const inputs = direct ? [transaction.data] : await tracedInputs(provider, rollup, hash);
  return inputs.flatMap((input) => {
    try {
      const call = commitOf(abi, input, transaction.blobVersionedHashes?.[0]);
      return call === undefined ? [] : [call];
    } catch (cause) {
      throw new MillraceError('refused', 'not-a-commit', 'The calldata of a commit cannot be read', {
        details: { transaction: hash, reason: reasonOf(cause) },
        fix: 'If this stays, use another L1 node: this one reports another transaction than the one on chain.',
        cause,
      });
    }
  });
}

/** The batches of a call; undefined if it is a call of something else. */
function commitOf(
  abi: Interface,
  calldata: string,
  versionedHash: string | undefined,
): CommitCall | undefined {
  const commit = COMMITS.get(abi.getFunction(calldata.slice(0, 10))?.name ?? '');
  if (commit === undefined) return undefined;
  const read = new Calldata(getBytes(calldata));
  const batches = read.list(read.tail(read.start, commit.place));
  if (batches.length === 0) throw new Error('it has no batches');
  const input = (batch: bigint, dataPlace: number): BatchInput => ({
    shape: Number(read.field(batch, 0)),
    newRoot: read.field(batch, 1),
    c: read.field(batch, 2),
    data: read.bytes(read.tail(batch, dataPlace)),
  });
  if (!commit.blob) return { inputs: batches.map((batch) => input(batch, 3)) };
  if (!isHexString(versionedHash, 32)) throw new Error('the transaction has no blob');
  return { inputs: batches.map((batch) => ({ ...input(batch, 4), y: read.field(batch, 3) })), versionedHash };
}

async function tracedInputs(provider: JsonRpcProvider, rollup: string, hash: string): Promise<string[]> {
  let trace: TracedCall;
  try {
    trace = callSchema.parse(await provider.send('debug_traceTransaction', [hash, { tracer: 'callTracer' }]));
  } catch (cause) {
    if (isConnectionError(cause)) throw cause;
    throw new MillraceError(
      'refused',
      'trace-needed',
      'Batches came through another contract, and this L1 node does not trace transactions',
      {
        details: { transaction: hash, reason: reasonOf(cause) },
        fix: 'Use an L1 node with debug_traceTransaction.',
        cause,
      },
    );
  }
  const inputs: string[] = [];
  const visit = ({ type, to, input, error, calls }: TracedCall): void => {
    if (error !== undefined) return; // reverted, with all that it called
    if (type === 'CALL' && to?.toLowerCase() === rollup.toLowerCase()) inputs.push(input);
    for (const call of calls ?? []) visit(call);
  };
  visit(trace);
  return inputs;
}
