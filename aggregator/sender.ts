import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider, TransactionReceipt, Wallet } from 'ethers';
import { type BlobLike, Transaction, toQuantity } from 'ethers';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';
import { broadcast, nodeMessage } from './broadcast.ts';
import {
  currentBlobFee,
  currentFees,
  type Fees,
  replacementBlobFees,
  replacementFees,
  TRANSACTION_GAS_CAP,
} from './fees.ts';
import { persistently, reasonOf } from './l1-connection.ts';
import { blobFields, type PackedBlob } from './packed-blob.ts';
import type { L1Location, SignedTransaction, TransactionJournal } from './ports.ts';

export interface SenderOptions {
  readonly provider: JsonRpcProvider;
  /** Signs for the one account that this sender alone sends from. */
  readonly wallet: Wallet;
  readonly chainId: number;
  readonly journal: TransactionJournal;
  readonly logger: Logger;
  /** Ends every wait; what was saved is taken up again by the next sender on the same journal. */
  readonly signal: AbortSignal;
  /** Most that is ever offered, wei per gas. */
  readonly maxFeePerGas: bigint;
  /** Blocks that may pass without the transaction before its fees are raised; default 3. */
  readonly replaceAfterBlocks?: number;
  /** Milliseconds between two looks at L1; default 1,000. */
  readonly pollMs?: number;
}

/** A call to make on L1. */
export interface L1Call {
  readonly to: string;
  /** ABI-encoded call, 0x hex. */
  readonly data: string;
  /** What it is for, in a few words, e.g. `batches 3..7`. */
  readonly purpose: string;
  /** Carried by the transaction, which is then of type 3. */
  readonly blob?: PackedBlob | undefined;
}

/** What is signed, but for the fees. */
interface UnsignedCall extends Omit<L1Call, 'purpose' | 'blob'> {
  readonly value: bigint;
  readonly nonce: number;
  readonly gasLimit: bigint;
  /** In the form of ethers. */
  readonly blobs?: BlobLike[] | null;
}

/** A transaction in a block of the chain as it was when asked. */
export interface MinedTransaction {
  readonly location: L1Location;
  /** False if it reverted. */
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Wei per gas. */
  readonly gasPrice: bigint;
}

const BLOB_TRANSACTION = 3;
/** Version of a blob transaction's wrapper with cell proofs (EIP-7594). */
const CELL_PROOFS = 1;

/** Polls without a receipt, although L1 used the nonce, after which another program must have used it. */
const POLLS_FOR_RECEIPT = 20;

/**
 * Sends transactions from one account, one nonce at a time.
 *
 * A signed transaction is saved before it is sent, and its nonce is the account's transaction count on L1 at
 * that time. So whatever was saved with a nonce that L1 has not used may still be mined, and must be before
 * anything else is sent: after a crash between saving and sending, after a lost connection, after a reorg.
 * All that is sent for one nonce competes for that nonce, so L1 mines exactly one of it.
 */
export class TransactionSender {
  readonly #options: SenderOptions;
  readonly #pollMs: number;
  readonly #replaceAfterBlocks: number;
  /** The transaction of which the log says already that its fees cannot rise. */
  #cappedHash: string | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? 1_000;
    this.#replaceAfterBlocks = options.replaceAfterBlocks ?? 3;
  }

  get address(): string {
    return this.#options.wallet.address;
  }

  /**
   * Sees every saved transaction that L1 has not mined through to a block, oldest first. One that L1 refuses
   * to take at all is given up: what is sent next takes its nonce.
   *
   * @throws {MillraceError} `refused/out-of-funds`
   */
  async finishPending(): Promise<void> {
    for (;;) {
      const pending = this.#options.journal.transactionsFrom(this.address, await this.#nonce());
      const first = pending[0];
      if (first === undefined) return;
      this.#options.logger.info(
        { nonce: first.nonce, purpose: first.purpose },
        'taking up a saved transaction',
      );
      try {
        await this.#follow(first.nonce);
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'transaction-refused')) throw error;
        this.#options.logger.warn({ nonce: first.nonce, ...error.details }, 'gave up a saved transaction');
        return;
      }
    }
  }

  /**
   * Sends a call and waits until it is in a block, after everything that was saved before it. Where a transaction that was given up
   * turns out to be alive, it is that one which is in a block: what a call has done is for L1's state to say.
   *
   * @throws ethers' CALL_EXCEPTION if the call would revert, in which case nothing is saved or sent
   * @throws {MillraceError} `refused/gas-cap`, `refused/fee-cap`, `refused/out-of-funds`,
   *   `refused/transaction-refused`, `refused/nonce-taken`
   */
  async send(call: L1Call): Promise<MinedTransaction> {
    await this.finishPending();
    const gasLimit = await this.#estimateGas(call);
    const nonce = await this.#nonce();
    const { to, data, purpose, blob } = call;
    const fees = await this.#feesFor(nonce, blob !== undefined);
    const blobs = blob === undefined ? null : blobFields(blob).blobs;
    await this.#signAndSave({ to, data, value: 0n, nonce, gasLimit, blobs }, fees, purpose);
    return await this.#follow(nonce);
  }

  /** Sends what is saved for `nonce` until one of it is mined, with higher fees when it takes long. */
  async #follow(nonce: number): Promise<MinedTransaction> {
    const { provider, logger, signal } = this.#options;
    let sentAtBlock: number | undefined;
    let pollsWithoutReceipt = 0;
    for (;;) {
      const attempts = this.#attempts(nonce);
      const newest = attempts.at(-1)!;
      if ((await this.#nonce()) > nonce) {
        const mined = await this.#receipt(attempts);
        if (mined !== undefined) return mined;
        if (++pollsWithoutReceipt > POLLS_FOR_RECEIPT) throw nonceTaken(newest);
        await sleep(this.#pollMs, undefined, { signal });
        continue;
      }
      const head = await this.#ask(() => provider.getBlockNumber());
      const known = await this.#ask(() => provider.send('eth_getTransactionByHash', [newest.hash]));
      const firstLook = sentAtBlock === undefined;
      sentAtBlock ??= head;
      const isDue = head - sentAtBlock >= this.#replaceAfterBlocks;
      if (known === null) {
        const answer = await this.#ask(() => broadcast(provider, newest));
        if (answer === 'underpriced') await this.#replace(newest);
        if (answer === 'other-pool' && isDue) {
          await this.#hurryOther(attempts);
          sentAtBlock = head;
        }
        // A development chain has mined it by now.
        if (firstLook) continue;
      } else if (isDue) {
        await this.#replace(newest);
        sentAtBlock = head;
      }
      logger.debug({ nonce, hash: newest.hash, head }, 'waiting for a block');
      await sleep(this.#pollMs, undefined, { signal });
    }
  }

  /**
   * Gets on where the newest attempt may not replace what the node holds for the nonce, since one of them has a blob: a transaction
   * that was given up is alive, so its fees rise until it is mined. If there is none, the node is about to see that the last nonce was
   * mined, or another program uses the key; both end by themselves.
   */
  async #hurryOther(attempts: readonly SignedTransaction[]): Promise<void> {
    const newest = attempts.at(-1)!;
    const held = attempts.findLast((attempt) => hasBlob(attempt) !== hasBlob(newest));
    const { nonce, purpose } = newest;
    if (held !== undefined) await this.#replace(held);
    else
      this.#options.logger.warn({ nonce, purpose }, 'the L1 node holds other transactions of this account');
  }

  /** Signs the same transaction with higher fees, if the cap allows it. */
  async #replace(previous: SignedTransaction): Promise<void> {
    const { maxFeePerGas, logger } = this.#options;
    const fees = await this.#replacementFees(previous);
    if (fees === undefined) {
      const line = { nonce: previous.nonce, purpose: previous.purpose, cap: String(maxFeePerGas) };
      if (this.#cappedHash !== previous.hash) logger.warn(line, 'fee cap reached: waiting for lower fees');
      this.#cappedHash = previous.hash;
      return;
    }
    const { to, data, value, nonce, gasLimit, blobs } = Transaction.from(previous.raw);
    if (to === null) throw new MillraceError('internal', 'bad-journal', 'A saved transaction calls nobody');
    await this.#signAndSave({ to, data, value, nonce, gasLimit, blobs }, fees, previous.purpose);
    logger.info({ nonce, maxFeePerGas: String(fees.maxFeePerGas) }, 'raised the fees');
  }

  async #signAndSave(
    transaction: UnsignedCall,
    fees: Fees & { readonly maxFeePerBlobGas?: bigint | undefined },
    purpose: string,
  ): Promise<void> {
    const { wallet, chainId, journal, logger } = this.#options;
    const { blobs, nonce, gasLimit } = transaction;
    const raw = await wallet.signTransaction(
      blobs == null
        ? { type: 2, chainId, ...withoutBlobs(transaction), ...fees }
        : { type: 3, chainId, ...withoutBlobs(transaction), ...fees, blobs, blobWrapperVersion: CELL_PROOFS },
    );
    const hash = Transaction.from(raw).hash!; // null without a signature
    const { maxFeePerGas, maxPriorityFeePerGas } = fees;
    journal.saveTransaction({
      from: this.address,
      nonce,
      hash,
      raw,
      purpose,
      maxFeePerGas,
      maxPriorityFeePerGas,
      gasLimit,
    });
    logger.info({ nonce, hash, purpose, maxFeePerGas: String(maxFeePerGas) }, 'saved a transaction');
  }

  /** Fees for a new transaction: those of now, or what replaces a transaction that was given up. */
  async #feesFor(nonce: number, withBlob: boolean): Promise<Fees & { maxFeePerBlobGas?: bigint }> {
    const { maxFeePerGas } = this.#options;
    const previous = this.#attempts(nonce).at(-1);
    if (previous === undefined) return await this.#currentFees(withBlob);
    const fees = await this.#replacementFees(previous, withBlob);
    if (fees !== undefined) return fees;
    throw new MillraceError(
      'refused',
      'fee-cap',
      'Replacing a transaction would exceed the highest fee allowed',
      {
        details: { nonce, cap: String(maxFeePerGas), offered: String(previous.maxFeePerGas) },
        fix: 'Raise the fee cap.',
      },
    );
  }

  async #currentFees(withBlob: boolean): Promise<Fees & { maxFeePerBlobGas?: bigint }> {
    const { provider, maxFeePerGas } = this.#options;
    const fees = await this.#ask(() => currentFees(provider, maxFeePerGas));
    if (!withBlob) return fees;
    return { ...fees, maxFeePerBlobGas: await this.#ask(() => currentBlobFee(provider, maxFeePerGas)) };
  }

  /**
   * What replaces a transaction; undefined if the cap forbids it.
   * @param withBlob whether the new one has a blob; by default as the old one
   */
  async #replacementFees(
    previous: SignedTransaction,
    withBlob?: boolean,
  ): Promise<(Fees & { maxFeePerBlobGas?: bigint }) | undefined> {
    const { maxFeePerGas: cap } = this.#options;
    const { maxFeePerBlobGas } = Transaction.from(previous.raw);
    const hadBlob = hasBlob(previous);
    const has = withBlob ?? hadBlob;
    const { maxFeePerBlobGas: blobFee = 0n, ...current } = await this.#currentFees(has);
    if (!hadBlob && !has) return replacementFees(previous, current, cap);
    const before = { ...previous, maxFeePerBlobGas: (has && maxFeePerBlobGas) || 0n };
    const fees = replacementBlobFees(before, { ...current, maxFeePerBlobGas: blobFee }, cap);
    if (fees === undefined || has) return fees;
    const { maxFeePerGas, maxPriorityFeePerGas } = fees;
    return { maxFeePerGas, maxPriorityFeePerGas };
  }

  /** Gas limit of a call: the node's estimate and a tenth more, at most the cap. */
  async #estimateGas(call: L1Call): Promise<bigint> {
    const { provider } = this.#options;
    const { to, data, purpose, blob } = call;
    // Nodes refuse to estimate with less than the base fee (geth's `ErrBlobFeeCapTooLow`), also where the cap is below it for now.
    const blobFee = blob && (await this.#ask(() => currentBlobFee(provider)));
    const request = {
      from: this.address,
      to,
      data,
      gas: toQuantity(TRANSACTION_GAS_CAP),
      ...(blob && { type: '0x3', blobVersionedHashes: [blob.versionedHash] }),
      ...(blobFee && { maxFeePerBlobGas: toQuantity(blobFee) }),
    };
    try {
      const estimate = await this.#ask(() =>
        blob === undefined
          ? provider.estimateGas({ from: this.address, to, data, gasLimit: TRANSACTION_GAS_CAP })
          : provider.send('eth_estimateGas', [request]).then((gas: unknown) => BigInt(gas as string)),
      );
      const limit = estimate + estimate / 10n;
      return limit < TRANSACTION_GAS_CAP ? limit : TRANSACTION_GAS_CAP;
    } catch (error) {
      if (
        !/out ?of ?gas|gas required exceeds|intrinsic gas|gas limit/i.test(
          `${reasonOf(error)} ${nodeMessage(error)}`,
        )
      )
        throw error;
      throw new MillraceError('refused', 'gas-cap', 'The call needs more gas than one transaction may use', {
        details: { purpose, cap: String(TRANSACTION_GAS_CAP), reason: nodeMessage(error) },
        fix: 'Split the work over several transactions.',
        cause: error,
      });
    }
  }

  async #receipt(attempts: readonly SignedTransaction[]): Promise<MinedTransaction | undefined> {
    for (const { hash, nonce, purpose } of attempts.toReversed()) {
      const receipt = await this.#ask(() => this.#options.provider.getTransactionReceipt(hash));
      if (receipt === null) continue;
      const mined = minedTransaction(receipt);
      const { gasUsed, succeeded, location } = mined;
      this.#options.logger.info(
        { nonce, hash, purpose, succeeded, block: location.blockNumber, gasUsed: String(gasUsed) },
        'mined',
      );
      return mined;
    }
    return undefined;
  }

  #attempts(nonce: number): SignedTransaction[] {
    const saved = this.#options.journal.transactionsFrom(this.address, nonce);
    return saved.filter((transaction) => transaction.nonce === nonce);
  }

  /** Number of transactions of this account that L1 has mined: the nonce of the next one. */
  #nonce(): Promise<number> {
    return this.#ask(() => this.#options.provider.getTransactionCount(this.address, 'latest'));
  }

  #ask<T>(question: () => Promise<T>): Promise<T> {
    return persistently(question, this.#options);
  }
}

function hasBlob({ raw }: SignedTransaction): boolean {
  return Transaction.from(raw).type === BLOB_TRANSACTION;
}

/** The part that both types of transactions share. */
function withoutBlobs({ to, data, value, nonce, gasLimit }: UnsignedCall): Omit<UnsignedCall, 'blobs'> {
  return { to, data, value, nonce, gasLimit };
}

function minedTransaction(receipt: TransactionReceipt): MinedTransaction {
  const { blockNumber, blockHash, hash, status, gasUsed, gasPrice } = receipt;
  return {
    location: { blockNumber, blockHash, transactionHash: hash },
    succeeded: status === 1,
    gasUsed,
    gasPrice,
  };
}

function nonceTaken({ from, nonce, purpose, hash }: SignedTransaction): MillraceError {
  return new MillraceError(
    'refused',
    'nonce-taken',
    'Another program sent a transaction with the operator key',
    {
      details: { from, nonce, purpose, hash },
      fix: 'Use the operator key in one node only. The work stays saved and is sent again.',
    },
  );
}
