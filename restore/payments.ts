import { proofOnL1 } from '../aggregator/verifying-key.ts';
import { addressToInteger } from '../protocol/domain.ts';
import { MillraceError } from '../protocol/error.ts';
import { exitOf, exitSignals } from '../protocol/exit.ts';
import { payoutProof } from '../protocol/payouts.ts';
import type { State } from '../protocol/state.ts';
import type { ExitArtifacts } from '../prover/artifacts/load-artifacts.ts';
import { proveInput } from '../prover/prove-input.ts';
import { WitnessCalculator } from '../prover/witness.ts';
import { parseCircuitInput } from '../prover/witness-input.ts';
import type { LeaveOptions, Left } from './leave.ts';

/**
 * Everything that L1 can pay to one owner, each once. What was paid already is passed by, and a payment that L1 refuses (the token
 * or the owner does not take it) does not hold up the others.
 */
export class Payments {
  readonly #options: LeaveOptions;
  readonly #exited: number[] = [];
  /** Why, by what was not paid. */
  readonly #refused = new Map<string, string>();
  #claimed = 0;
  #refunded = 0;

  constructor(options: LeaveOptions) {
    this.#options = options;
  }

  /** What was done so far. */
  left(): Left {
    const [exited, refused] = [[...this.#exited], [...this.#refused.values()]];
    return { claimed: this.#claimed, exited, refunded: this.#refunded, requested: [], refused };
  }

  /** Claims the owner's payouts of final batches. */
  async claimPayouts(): Promise<void> {
    const { rollup, owner } = this.#options;
    const { store, view } = rollup;
    for (const { batch, place } of store.payoutsTo(addressToInteger(owner))) {
      if (await view.isPaid('isClaimed', batch, place)) continue;
      const payouts = store.payoutsOf(batch);
      const { token, amount } = payouts[place]!;
      const what = `payout ${place} of batch ${batch}: ${amount} units of token ${token}`;
      const args = [batch, place, owner, token, amount, payoutProof(payouts, place)];
      if (await this.#pay(what, 'claim', args)) this.#claimed += 1;
    }
  }

  /** Pays accounts out, which takes exit mode and a proof each; empty ones are passed by. */
  async exitAccounts(state: State, accounts: readonly number[], artifacts: ExitArtifacts): Promise<void> {
    const { rollup, owner, publicKey, backend, say } = this.#options;
    const calculator = await WitnessCalculator.open(artifacts.wasm);
    const prover = { calculator, backend, zkey: artifacts.zkey, vkey: artifacts.vkey };
    for (const index of accounts) {
      const { statement, witness } = exitOf(state, index, publicKey, addressToInteger(owner));
      const { token, balance } = statement;
      if (balance === 0n || (await rollup.view.isPaid('isExited', index))) continue;
      const input = parseCircuitInput(JSON.stringify(witness));
      const { proof, programDropped } = await proveInput(input, exitSignals(statement).map(String), prover);
      if (programDropped) say(`the witness program in ${artifacts.folder} is wrong: the slower WASM is used`);
      const what = `account ${index}: ${balance} units of token ${token}`;
      if (await this.#pay(what, 'exit', [index, owner, token, balance, proofOnL1(proof)]))
        this.#exited.push(index);
    }
  }

  /** Has the owner's deposits that are in no final batch paid back, which takes exit mode. */
  async refundDeposits(): Promise<void> {
    const { rollup, owner } = this.#options;
    for (const { id, elements } of rollup.store.unprocessedDeposits(addressToInteger(owner))) {
      if (await rollup.view.isPaid('isRefunded', id)) continue;
      if (await this.#pay(`deposit ${id}`, 'refundDeposit', [id, ...elements])) this.#refunded += 1;
    }
  }

  async #pay(what: string, call: string, args: readonly unknown[]): Promise<boolean> {
    const { rollup, wallet, owner, say } = this.#options;
    try {
      await rollup.view.send(wallet, call, args);
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.code.startsWith('l1-')) throw error;
      this.#refused.set(what, `${what}: ${error.message} [${error.code}]`);
      return false;
    }
    say(`paid to ${owner}: ${what}`);
    return true;
  }
}
