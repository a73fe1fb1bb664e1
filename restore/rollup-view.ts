import { Contract, getAddress, type Interface, isError, type JsonRpcProvider, type Wallet } from 'ethers';
import { contractArtifact } from '../aggregator/contract-artifacts.ts';
import { contractRefusal } from '../aggregator/contract-error.ts';
import { isConnectionError, reasonOf } from '../aggregator/l1-connection.ts';
import { domain } from '../protocol/domain.ts';
import { MillraceError } from '../protocol/error.ts';
import type { Shape } from '../protocol/shape.ts';
import { freshNonce } from '../scripts/fresh-nonce.ts';

/** What never changes of a rollup, as its contract tells it. */
export interface RollupParameters {
  readonly chainId: number;
  /** Address with checksum. */
  readonly rollup: string;
  readonly domain: bigint;
  /** Bits of an account index. */
  readonly depth: number;
  /** By shape id; the names are made up. */
  readonly shapes: readonly Shape[];
}

/** The part of the contract's `RollupState` that a restored state is held against. */
export interface StateOnL1 {
  readonly committedNumber: number;
  readonly finalizedNumber: number;
  readonly l1QueueLength: number;
  readonly finalizedRoot: bigint;
  /** Hash of the newest committed header, 0x + 64 hex. */
  readonly committedHash: string;
}

/** Views of a rollup contract of which nothing is known but its address. */
export class RollupView {
  readonly address: string;
  readonly interface: Interface;
  readonly #contract: Contract;
  readonly #provider: JsonRpcProvider;

  /** @param address 0x + 40 hex */
  constructor(provider: JsonRpcProvider, address: string) {
    this.address = getAddress(address.toLowerCase());
    this.interface = contractArtifact('Millrace').interface;
    this.#contract = new Contract(this.address, this.interface, provider);
    this.#provider = provider;
  }

  /** @throws {MillraceError} `refused/no-rollup` if there is no such contract */
  async parameters(): Promise<RollupParameters> {
    const chainId = Number(await this.#provider.send('eth_chainId', []));
    const expected = domain(BigInt(chainId), this.address);
    const found = await this.#view<bigint>('domain');
    if (found !== expected) throw this.#noRollup({ expectedDomain: String(expected), found: String(found) });
    const depth = Number(await this.#view<bigint>('depth'));
    const count = Number(await this.#view<bigint>('shapeCount'));
    const shapes: Shape[] = [];
    for (let id = 0; id < count; id++) {
      const { n2, n1, m } = await this.#view<Record<'n2' | 'n1' | 'm', bigint>>('shapes', [id]);
      shapes.push({ name: `shape ${id}`, n2: Number(n2), n1: Number(n1), m: Number(m), depth });
    }
    return { chainId, rollup: this.address, domain: expected, depth, shapes };
  }

  /** Where the rollup stood at the end of a block. */
  async stateAt(blockNumber: number): Promise<StateOnL1> {
    const state = await this.#view<Record<keyof StateOnL1, bigint>>('state', [{ blockTag: blockNumber }]);
    return {
      committedNumber: Number(state.committedNumber),
      finalizedNumber: Number(state.finalizedNumber),
      l1QueueLength: Number(state.l1QueueLength),
      finalizedRoot: state.finalizedRoot,
      committedHash: String(state.committedHash),
    };
  }

  /** Whether the rollup is in exit mode. */
  async isInExitMode(): Promise<boolean> {
    return (await this.#view<{ exitMode: boolean }>('state')).exitMode;
  }

  /**
   * Block time, seconds, after which the oldest L1 op that is in no committed batch is overdue; undefined if there is none.
   */
  async overdueAfter(): Promise<number | undefined> {
    const { l1Committed, l1QueueLength } =
      await this.#view<Record<'l1Committed' | 'l1QueueLength', bigint>>('state');
    if (l1Committed >= l1QueueLength) return undefined;
    const { timestamp } = await this.#view<{ timestamp: bigint }>('l1Queue', [l1Committed]);
    return Number(timestamp + (await this.#view<bigint>('l1Deadline')));
  }

  /** Hash of the key in the verifier of exits, 0x + 64 hex. */
  async exitKeyHash(): Promise<string> {
    const verifier = await this.#view<string>('exitVerifier');
    const { interface: abi } = contractArtifact('Groth16Verifier');
    return String(await new Contract(verifier, abi, this.#provider).getFunction('vkHash').staticCall());
  }

  /** Whether something that is paid once was paid: `isClaimed(batch, place)`, `isExited(index)` or `isRefunded(id)`. */
  async isPaid(view: 'isClaimed' | 'isExited' | 'isRefunded', ...place: number[]): Promise<boolean> {
    return await this.#view<boolean>(view, place);
  }

  /**
   * Has a call of the rollup mined.
   * @param wallet pays for it; connected to the rollup's chain
   * @throws {MillraceError} `refused/l1-...` with the contract's refusal, then nothing was sent; `refused/transaction-failed`
   */
  async send(wallet: Wallet, name: string, args: readonly unknown[]): Promise<string> {
    const call = new Contract(this.address, this.interface, wallet).getFunction(name);
    try {
      const sent = await call.send(...args, { nonce: await freshNonce(wallet) });
      await sent.wait();
      return sent.hash;
    } catch (error) {
      const refusal = contractRefusal(error, this.interface);
      if (refusal !== undefined || isConnectionError(error)) throw refusal ?? error;
      throw new MillraceError('refused', 'transaction-failed', 'The L1 node does not take a transaction', {
        details: { call: name, sender: wallet.address, reason: reasonOf(error) },
        fix: 'Check that the sender has ETH for gas, and run again: what was paid is passed by.',
        cause: error,
      });
    }
  }

  /** Why the contract would refuse a call; undefined if it would not. */
  async refusalOf(from: string, name: string, args: readonly unknown[]): Promise<MillraceError | undefined> {
    try {
      await this.#contract.getFunction(name).staticCall(...args, { from });
      return undefined;
    } catch (error) {
      const refusal = contractRefusal(error, this.interface);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  /**
   * The block of the deployment, found by halving.
   * @throws {MillraceError} `input/from-block-needed` if the L1 node does not keep the code of old blocks
   */
  async deploymentBlock(): Promise<number> {
    let [without, having] = [-1, await this.#provider.getBlockNumber()];
    try {
      while (having - without > 1) {
        const middle = Math.floor((without + having) / 2);
        const code = await this.#provider.getCode(this.address, middle);
        if (code === '0x') without = middle;
        else having = middle;
      }
      return having;
    } catch (cause) {
      if (isConnectionError(cause)) throw cause;
      throw new MillraceError(
        'input',
        'from-block-needed',
        'The L1 node does not say when the rollup was deployed',
        {
          details: { rollup: this.address },
          fix: 'Pass --from-block with the block of the deployment or an earlier one.',
          cause,
        },
      );
    }
  }

  async #view<Answer>(name: string, args: readonly unknown[] = []): Promise<Answer> {
    try {
      return (await this.#contract.getFunction(name).staticCall(...args)) as Answer;
    } catch (error) {
      if (isError(error, 'CALL_EXCEPTION') || isError(error, 'BAD_DATA'))
        throw this.#noRollup({ view: name }, error);
      throw error;
    }
  }

  #noRollup(details: Readonly<Record<string, unknown>>, cause?: unknown): MillraceError {
    return new MillraceError('refused', 'no-rollup', 'There is no Millrace rollup at this address', {
      details: { rollup: this.address, ...details },
      fix: 'Check the address, and that the RPC URL is of the chain that it is on.',
      cause,
    });
  }
}
