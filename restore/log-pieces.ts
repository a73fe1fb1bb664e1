import type { Log } from 'ethers';

/** Transactions whose calldata and blobs are in memory at once; also those asked for at once. */
export const TRANSACTIONS_AT_ONCE = 32;

/**
 * Cuts logs into pieces that are taken in one after the other: whole blocks, with at most {@link TRANSACTIONS_AT_ONCE} transactions
 * unless a single block has more.
 * @param logs in the order of the chain
 * @returns at least one piece, which is empty if there are no logs
 */
export function piecesOf<Item extends Pick<Log, 'blockNumber' | 'transactionHash'>>(
  logs: readonly Item[],
): Item[][] {
  const pieces: Item[][] = [[]];
  let transactions = 0;
  for (const block of Map.groupBy(logs, ({ blockNumber }) => blockNumber).values()) {
    const { size } = new Set(block.map(({ transactionHash }) => transactionHash));
    if (transactions > 0 && transactions + size > TRANSACTIONS_AT_ONCE) {
      pieces.push([]);
      transactions = 0;
    }
    pieces.at(-1)!.push(...block);
    transactions += size;
  }
  return pieces;
}
