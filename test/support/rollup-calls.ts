import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonRpcProvider, Wallet } from 'ethers';
import { expect } from 'vitest';
import type { ProvenBatch } from '../../aggregator/ports.ts';
import { RollupContract, type RollupState } from '../../aggregator/rollup-contract.ts';
import { proofOnL1 } from '../../aggregator/verifying-key.ts';
import { type BatchHeader, readCommitted } from '../../protocol/batch-header.ts';
import { SHAPES } from '../../protocol/shape.ts';
import { freshNonce } from '../../scripts/fresh-nonce.ts';
import type { LocalL1 } from '../../scripts/local-l1.ts';
import type { TestRollup } from './test-rollup.ts';

const GAS = 8_000_000n;

/** The calls of a test rollup's operator, each mined when it resolves. */
export class RollupCalls {
  readonly contract: RollupContract;
  readonly #rollup: TestRollup;
  readonly #chain: JsonRpcProvider;
  readonly #operator: Wallet;

  constructor(l1: LocalL1, chain: JsonRpcProvider, rollup: TestRollup) {
    this.contract = new RollupContract(chain, rollup.deployment);
    this.#rollup = rollup;
    this.#chain = chain;
    this.#operator = new Wallet(l1.privateKeys[0]!, chain);
  }

  get operator(): string {
    return this.#operator.address;
  }

  state(): Promise<RollupState> {
    return this.contract.state();
  }

  encode(name: string, args: readonly unknown[]): string {
    return this.contract.interface.encodeFunctionData(name, args);
  }

  async send(data: string, to = this.contract.address, by = this.#operator): Promise<void> {
    const { hash } = await by.sendTransaction({ to, data, gasLimit: GAS, nonce: await freshNonce(by) });
    // Not with ethers' waiting, which looks at new heights alone: after a reorg the next block may be at an old one.
    for (;;) {
      const receipt = await this.#chain.getTransactionReceipt(hash);
      if (receipt === null) await sleep(10);
      else return expect(receipt.status).toBe(1);
    }
  }

  /** Commits and proves in one call. */
  async finalize(...batches: ProvenBatch[]): Promise<void> {
    await this.send(await this.contract.encodeCommitAndProve(batches, this.#rollup.keys));
  }

  /** Commits a batch without its proof, on top of `parent` with the parent hash `grandparent`. @returns its header */
  async commit(batch: ProvenBatch, parent: BatchHeader, grandparent: string): Promise<BatchHeader> {
    const input = { shape: 0, newRoot: batch.newRoot, c: batch.c, data: batch.data };
    await this.send(this.encode('commitBatches', [grandparent, parent, [input]]));
    const committedAt = (await this.#chain.getBlock('latest'))!.timestamp;
    const { domain } = this.#rollup;
    return readCommitted(input, parent, { shape: SHAPES.tiny, domain, committedAt }).header;
  }

  /** Proves a committed batch. */
  async prove(header: BatchHeader): Promise<void> {
    const { c, z, y } = header;
    const { a, b, c: sum } = proofOnL1(this.#rollup.key.prove([c, z, y]));
    await this.send(this.encode('proveBatches', [[header], [{ a, b }], [sum]]));
  }
}
