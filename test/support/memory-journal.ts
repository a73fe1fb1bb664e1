import type { SignedTransaction, TransactionJournal } from '../../aggregator/ports.ts';

/** A journal in memory that outlives the senders on it, as the store outlives the node's process. */
export class MemoryJournal implements TransactionJournal {
  readonly saved: SignedTransaction[] = [];
  /** Called after a transaction was saved; throw from it to end the process, as it were, right there. */
  afterSave: () => void = () => undefined;

  saveTransaction(transaction: SignedTransaction): void {
    if (this.saved.some(({ hash }) => hash === transaction.hash)) return;
    this.saved.push(transaction);
    this.afterSave();
  }

  transactionsFrom(from: string, fromNonce: number): SignedTransaction[] {
    const own = this.saved.filter(
      (transaction) => transaction.from === from && transaction.nonce >= fromNonce,
    );
    return own.sort((a, b) => a.nonce - b.nonce);
  }
}
