import {
  Contract,
  type Interface,
  isError,
  type Overrides,
  type TransactionReceipt,
  type TransactionResponse,
  type Wallet,
} from 'ethers';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { contractRefusal } from '../aggregator/contract-error.ts';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { integerToAddress } from '../protocol/domain.ts';
import { MillraceError } from '../protocol/error.ts';
import type { Point } from '../protocol/keys.ts';
import { type Payout, payoutProof } from '../protocol/payouts.ts';
import { freshNonce } from './fresh-nonce.ts';

/** A deposit to make. */
export interface DepositRequest {
  /** Id of a registered token; 1 is ETH. */
  readonly token: number;
  /** In the token's unit. */
  readonly units: bigint;
  /** L2 address that is credited. */
  readonly keyHash: bigint;
}

const ETH = 1;
const ERC20 = ['function approve(address spender, uint256 amount) returns (bool)'];
/** Enough for a deposit of a plain ERC-20; estimating each would cost as many requests again. */
const DEPOSIT_GAS = 300_000n;
/** Transactions on their way at once: nodes keep some tens of one account. */
const IN_FLIGHT = 32;

/** What one L1 account does with the rollup. */
export class L1User {
  readonly #wallet: Wallet;
  readonly #deployment: DeployManifest;
  readonly #interface: Interface;
  readonly #rollup: Contract;

  /** @param wallet connected to a provider of the deployment's chain */
  constructor(wallet: Wallet, deployment: DeployManifest) {
    this.#wallet = wallet;
    this.#deployment = deployment;
    this.#interface = contractArtifact('Millrace').interface;
    this.#rollup = new Contract(deployment.rollup, this.#interface, wallet);
  }

  get address(): string {
    return this.#wallet.address;
  }

  /**
   * Approves what the deposits need and makes them, many at a time.
   *
   * @param onMined called with the number of deposits that are in a block so far
   * @returns their ids in the L1 queue, in the order of `deposits`
   * @throws {MillraceError} `refused/l1-...`, `input/unknown-token`; the deposits before it were made
   */
  async deposit(deposits: readonly DepositRequest[], onMined?: (done: number) => void): Promise<number[]> {
    await this.#approve(deposits);
    const ids: number[] = [];
    for (let first = 0; first < deposits.length; first += IN_FLIGHT) {
      const nonce = await freshNonce(this.#wallet);
      const { maxFeePerGas, maxPriorityFeePerGas } = await this.#wallet.provider!.getFeeData();
      const sent: TransactionResponse[] = [];
      // One after the other, as Hardhat's node takes no nonce before its turn; only the receipts are waited for together.
      for (const [i, deposit] of deposits.slice(first, first + IN_FLIGHT).entries()) {
        const overrides = { nonce: nonce + i, gasLimit: DEPOSIT_GAS, maxFeePerGas, maxPriorityFeePerGas };
        sent.push(await this.#refusing(() => this.#send(deposit, overrides)));
      }
      for (const transaction of sent) {
        ids.push(await this.#queueId(transaction));
        onMined?.(ids.length);
      }
    }
    return ids;
  }

  /** Asks for the exit of an account of this L1 owner. @returns the id in the L1 queue */
  async requestForcedExit(index: number, [ax, ay]: Point): Promise<number> {
    const sent = await this.#refusing(async () =>
      this.#rollup
        .getFunction('requestForcedExit')
        .send(index, ax, ay, { nonce: await freshNonce(this.#wallet) }),
    );
    return await this.#queueId(sent);
  }

  /**
   * Claims payout `i` of a finalized batch, whoever its owner is.
   * @param payouts all payouts of the batch, in order
   * @throws {MillraceError} `refused/l1-payout-already-claimed`, `refused/l1-no-payouts`, ...
   */
  async claim(batch: number, payouts: readonly Payout[], i: number): Promise<TransactionReceipt> {
    const { owner, token, amount } = payouts[i]!;
    const args = [batch, i, integerToAddress(owner), token, amount, payoutProof(payouts, i)];
    return await this.#refusing(async () => {
      const sent = await this.#rollup
        .getFunction('claim')
        .send(...args, { nonce: await freshNonce(this.#wallet) });
      return (await sent.wait())!;
    });
  }

  async #approve(deposits: readonly DepositRequest[]): Promise<void> {
    const totals = new Map<number, bigint>();
    for (const { token, units } of deposits) {
      if (token !== ETH) totals.set(token, (totals.get(token) ?? 0n) + units * this.#token(token).unit);
    }
    for (const [token, total] of totals) {
      const contract = new Contract(this.#token(token).address, ERC20, this.#wallet);
      await this.#refusing(async () =>
        (
          await contract
            .getFunction('approve')
            .send(this.#deployment.rollup, total, { nonce: await freshNonce(this.#wallet) })
        ).wait(),
      );
    }
  }

  #send({ token, units, keyHash }: DepositRequest, overrides: Overrides): Promise<TransactionResponse> {
    const amount = units * this.#token(token).unit;
    const value = token === ETH ? amount : 0n;
    return this.#rollup.getFunction('deposit').send(token, amount, keyHash, { ...overrides, value });
  }

  async #queueId(transaction: TransactionResponse): Promise<number> {
    const receipt = await this.#refusing(() => this.#mined(transaction));
    for (const log of receipt?.logs ?? []) {
      const event = this.#interface.parseLog(log);
      if (event?.name === 'L1OpQueued') return Number(event.args.id);
    }
    throw new MillraceError('internal', 'no-queue-event', 'The transaction queued nothing', {
      details: { hash: transaction.hash },
    });
  }

  /** Waits for the block; a receipt does not say why a transaction failed, so that one is asked for again. */
  async #mined(transaction: TransactionResponse): Promise<TransactionReceipt | null> {
    try {
      return await transaction.wait();
    } catch (error) {
      if (!isError(error, 'CALL_EXCEPTION')) throw error;
      const { from, to, data, value } = transaction;
      await transaction.provider.call({ from, to, data, value });
      throw error;
    }
  }

  #token(id: number): { address: string; unit: bigint } {
    const token = this.#deployment.tokens.find((candidate) => candidate.id === id);
    if (token !== undefined) return { address: token.address, unit: 10n ** BigInt(token.unitExponent) };
    throw new MillraceError('input', 'unknown-token', 'The rollup has no such token', {
      details: { token: id, registered: this.#deployment.tokens.map((candidate) => candidate.id) },
      fix: 'Use a token of the deployment manifest.',
    });
  }

  async #refusing<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw contractRefusal(error, this.#interface) ?? error;
    }
  }
}
