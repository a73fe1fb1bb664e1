import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import type { EIP1193Provider, RequestArguments } from '@nomicfoundation/ignition-core';
import { type JsonRpcProvider, Transaction, type Wallet } from 'ethers';

/** In the journal's folder: the signed transactions, one a line, each written before it was sent. */
const TRANSACTIONS_FILE = 'transactions.txt';

interface TransactionRequest {
  readonly to?: string;
  readonly value: string;
  readonly data: string;
  readonly nonce: string;
  readonly gas: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly gasPrice?: string;
}

/**
 * The L1 node as Ignition sees it. Transactions are signed here, and kept before they are sent, so that a deployment that
 * is killed in between finds them again.
 */
export class DeploymentSigner implements EIP1193Provider {
  /** What the node said to the last call that it refused. */
  lastError: unknown;
  readonly #wallet: Wallet;
  readonly #provider: JsonRpcProvider;
  readonly #file: string | undefined;
  readonly #signed: string[];

  /**
   * @param wallet connected to a JSON-RPC provider
   * @param folder of the journal; without one nothing outlives this process
   */
  constructor(wallet: Wallet, folder?: string) {
    this.#wallet = wallet;
    this.#provider = wallet.provider as JsonRpcProvider;
    this.#file = folder === undefined ? undefined : join(folder, TRANSACTIONS_FILE);
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    this.#signed = this.#file !== undefined && existsSync(this.#file) ? readSigned(this.#file) : [];
  }

  /** All transactions ever signed for this deployment, the oldest first. Not all of them have to be on L1. */
  transactions(): Transaction[] {
    return this.#signed.map((raw) => Transaction.from(raw));
  }

  /** @throws as the node answers, with the `data` of a revert */
  async request({ method, params = [] }: RequestArguments): Promise<unknown> {
    const list = params as unknown[];
    try {
      if (method !== 'eth_sendTransaction') return await this.#provider.send(method, list);
      return await this.#send(list[0] as TransactionRequest);
    } catch (error) {
      this.lastError = error;
      throw plainError(error);
    }
  }

  async #send(request: TransactionRequest): Promise<unknown> {
    const { to, value, data, nonce, gas, maxFeePerGas, maxPriorityFeePerGas, gasPrice } = request;
    const { chainId } = await this.#provider.getNetwork();
    const raw = await this.#wallet.signTransaction({
      chainId,
      to: to ?? null,
      value,
      data,
      nonce: Number(nonce),
      gasLimit: gas,
      ...(maxFeePerGas === undefined || maxPriorityFeePerGas === undefined
        ? { type: 0, gasPrice: gasPrice ?? 0 }
        : { type: 2, maxFeePerGas, maxPriorityFeePerGas }),
    });
    this.#signed.push(raw);
    if (this.#file !== undefined) appendDurably(this.#file, `${raw}\n`);
    return await this.#provider.send('eth_sendRawTransaction', [raw]);
  }
}

/** What a kill cut short was not sent: it is cut off. */
function readSigned(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  truncateSync(file, whole.length);
  return whole.split('\n').slice(0, -1);
}

function appendDurably(file: string, text: string): void {
  const descriptor = openSync(file, 'a');
  try {
    appendFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The node's own error, as EIP-1193 says, in place of what ethers makes of it. */
function plainError(error: unknown): unknown {
  const wrapped = error as { error?: unknown; info?: { error?: unknown } };
  const { code, message, data } = (wrapped.error ?? wrapped.info?.error ?? {}) as Record<string, unknown>;
  if (typeof message !== 'string') return error;
  return Object.assign(new Error(message), { code, ...(data === undefined ? {} : { data }) });
}
