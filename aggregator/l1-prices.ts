import type { JsonRpcProvider } from 'ethers';
import type { L1Prices } from './data-cost.ts';
import { suggestedTip } from './fees.ts';
import { isConnectionError } from './l1-connection.ts';

/** Bytes of calldata that the floor is asked with, enough that it counts for more than what the call does. */
const PROBE_BYTES = 1_000;
const TRANSACTION_GAS = 21_000;
/** Gas a byte of EIP-7976 and EIP-7623. */
const FLOORS = [64, 40] as const;

/** Reads L1's prices, and once, by an estimate for a call that does nothing, which floor L1 has for calldata. */
export class L1PriceReader {
  readonly #provider: JsonRpcProvider;
  readonly #address: string;
  #floor: number | undefined;

  /** @param address of an account without code */
  constructor(provider: JsonRpcProvider, address: string) {
    this.#provider = provider;
    this.#address = address;
  }

  async read(): Promise<L1Prices> {
    this.#floor ??= await this.#askFloor();
    const [block, tip, blobGas] = await Promise.all([
      this.#provider.getBlock('latest'),
      suggestedTip(this.#provider),
      this.#blobGasPrice(),
    ]);
    return { gas: (block?.baseFeePerGas ?? 0n) + tip, blobGas, floor: this.#floor };
  }

  async #askFloor(): Promise<number> {
    const data = `0x${'01'.repeat(PROBE_BYTES)}`;
    const request = { from: this.#address, to: this.#address, data };
    const gas = Number(await this.#provider.send('eth_estimateGas', [request]));
    const aByte = (gas - TRANSACTION_GAS) / PROBE_BYTES;
    return FLOORS.find((floor) => aByte >= floor) ?? 0;
  }

  /** Undefined if L1 knows no blobs. */
  async #blobGasPrice(): Promise<bigint | undefined> {
    try {
      return BigInt((await this.#provider.send('eth_blobBaseFee', [])) as string);
    } catch (error) {
      if (isConnectionError(error)) throw error;
      return undefined;
    }
  }
}
