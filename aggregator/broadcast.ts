import type { JsonRpcProvider } from 'ethers';
import { MillraceError } from '../protocol/error.ts';
import { isConnectionError, reasonOf } from './l1-connection.ts';
import type { SignedTransaction } from './ports.ts';

/**
 * What an L1 node makes of a transaction: it has it, or it has another one with this nonce that is not to be replaced, for too low fees or
 * since one of them has a blob and the other has not.
 */
export type NodeAnswer = 'taken' | 'underpriced' | 'other-pool';

const TAKEN = /nonce too low|already (known|imported)|known transaction/i;
const UNDERPRICED = /underpriced|less than block base fee/i;
/**
 * Transactions with blobs have a pool of their own, and all transactions of an account are in one pool: geth's `ErrAlreadyReserved`, reth's
 * `ExistingConflictingTransactionType`, Nethermind's `PendingTxsOfConflictingType`, Erigon's `BlobTxReplace`.
 */
const OTHER_POOL = /address already reserved|transaction type (\d+ )?conflict|can't replace blob-txn/i;

/**
 * Hands a signed transaction to an L1 node.
 * @throws {MillraceError} `refused/out-of-funds`, `refused/transaction-refused`; errors of ethers if the node cannot be reached
 */
export async function broadcast(
  provider: JsonRpcProvider,
  { raw, from, nonce, purpose }: SignedTransaction,
): Promise<NodeAnswer> {
  try {
    await provider.send('eth_sendRawTransaction', [raw]);
    return 'taken';
  } catch (error) {
    if (isConnectionError(error)) throw error;
    const code = (error as { code?: unknown }).code;
    const reason = `${reasonOf(error)} ${reasonOf((error as { error?: unknown }).error)} ${nodeMessage(error)}`;
    if (code === 'NONCE_EXPIRED' || TAKEN.test(reason)) return 'taken';
    if (code === 'REPLACEMENT_UNDERPRICED' || UNDERPRICED.test(reason)) return 'underpriced';
    if (OTHER_POOL.test(reason)) return 'other-pool';
    const details = { from, nonce, purpose, reason: nodeMessage(error) };
    if (code === 'INSUFFICIENT_FUNDS' || /insufficient funds/i.test(reason)) {
      throw new MillraceError('refused', 'out-of-funds', 'The operator cannot pay for its transaction', {
        details,
        fix: `Send ETH to ${from} on L1; the transaction is saved and goes out then.`,
      });
    }
    throw new MillraceError('refused', 'transaction-refused', 'The L1 node refused a transaction', {
      details,
      fix: 'See the reason the node gives; the work stays saved and is tried again.',
      cause: error,
    });
  }
}

/** What the node itself said, which ethers keeps inside of its own error. */
export function nodeMessage(error: unknown): string {
  const { info, error: inner } = error as {
    info?: { error?: { message?: unknown } };
    error?: { message?: unknown };
  };
  return String(info?.error?.message ?? inner?.message ?? reasonOf(error)).slice(0, 300);
}
