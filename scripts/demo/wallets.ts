import { createHash } from 'node:crypto';
import type { KeyPair } from '../../protocol/keys.ts';
import { keyHash, keyPairFromPrivateKey } from '../../protocol/keys.ts';

/**
 * L2 keys for L1 addresses of a transfer file. They are derived from the address alone, so anybody can
 * derive them: fit for a local chain with play money, and for nothing else.
 */
export class DemoWallets {
  readonly #keys = new Map<string, { key: KeyPair; keyHash: bigint }>();

  /** @param address lower-case L1 address, `0x` and 40 hex digits. */
  of(address: string): { key: KeyPair; keyHash: bigint } {
    let wallet = this.#keys.get(address);
    if (!wallet) {
      const seed = createHash('sha256').update(`Millrace demo key of ${address}`).digest();
      const key = keyPairFromPrivateKey(new Uint8Array(seed));
      wallet = { key, keyHash: keyHash(key.publicKey, BigInt(address)) };
      this.#keys.set(address, wallet);
    }
    return wallet;
  }
}
