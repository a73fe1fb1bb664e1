import type { Wallet } from 'ethers';
import { addressToInteger } from '../protocol/domain.ts';
import { MillraceError } from '../protocol/error.ts';
import { exitOf } from '../protocol/exit.ts';
import { keyHash, type Point } from '../protocol/keys.ts';
import type { State } from '../protocol/state.ts';
import type { ProofBackend } from '../prover/backend.ts';
import { deployedExitKey } from './exit-key.ts';
import { Payments } from './payments.ts';
import type { RestoredRollup } from './restore-rollup.ts';

export interface LeaveOptions {
  readonly rollup: RestoredRollup;
  /** Pays for the transactions; connected to the rollup's chain. The owner's own is needed for `request` alone. */
  readonly wallet: Wallet;
  /** L1 owner of the accounts, who is paid: 0x + 40 hex. */
  readonly owner: string;
  /** The accounts' L2 public key. The private one is not needed. */
  readonly publicKey: Point;
  /** One account; default: all of this key and owner. */
  readonly account?: number | undefined;
  /** Holds the folder of the exit circuit. */
  readonly artifacts: string;
  readonly backend: ProofBackend;
  /** Queues forced exits where exit mode is not due. */
  readonly request: boolean;
  /** Told what was done, one line each. */
  readonly say: (line: string) => void;
}

/** What was done. */
export interface Left {
  /** Payouts of final batches that were claimed. */
  readonly claimed: number;
  /** Indexes of the accounts that were paid out. */
  readonly exited: readonly number[];
  /** Deposits that were paid back. */
  readonly refunded: number;
  /** Forced exits that were queued. */
  readonly requested: readonly number[];
  /** What L1 refused to pay, one line each: a token or an owner that takes no payment, say. The rest was paid nevertheless. */
  readonly refused: readonly string[];
}

/**
 * Takes an owner out of a rollup with L1 alone: claims its payouts; where the rollup is in exit mode, or can be switched to it, pays
 * out its accounts by exit proofs and has its unprocessed deposits paid back. What was paid before is passed by, so that
 * calling again after an interruption goes on.
 *
 * @throws {MillraceError} `refused/no-account`; `refused/exit-mode-not-due` where there are accounts, the rollup is not in exit mode and
 *   cannot be switched, and nothing was requested; `refused/exit-key-not-here`; those of {@link exitOf}; `refused/l1-...` of the contract
 */
export async function leave(options: LeaveOptions): Promise<Left> {
  const { rollup } = options;
  const owner = addressToInteger(options.owner);
  const { store, view } = rollup;
  const payments = new Payments(options);
  const accounts = accountsOf(rollup.state, options);
  const waiting = store.unprocessedDeposits(owner).length > 0;
  if (accounts.length === 0 && !waiting && store.payoutsTo(owner).length === 0) {
    throw new MillraceError('refused', 'no-account', 'There is nothing of this owner and key in the rollup', {
      details: { owner: options.owner, keyHash: String(keyHash(options.publicKey, owner)) },
      fix: 'Check the owner and the L2 key; millrace restore --json lists all accounts.',
    });
  }
  await payments.claimPayouts();
  if (accounts.length === 0 && !waiting) return payments.left();
  // Before anything is switched: whoever cannot prove gains nothing by it.
  const artifacts = accounts.length === 0 ? undefined : await deployedExitKey(options.artifacts, view);
  if (!(await enterExitMode(options))) {
    if (!options.request) throw await notDue(options);
    return { ...payments.left(), requested: await requestForcedExits(options, accounts) };
  }
  // The last batch may have become final since.
  const { state } = await rollup.refresh();
  await payments.claimPayouts();
  if (artifacts !== undefined) await payments.exitAccounts(state, accountsOf(state, options), artifacts);
  await payments.refundDeposits();
  return payments.left();
}

/** Indexes of the accounts that are to be paid out. */
function accountsOf(state: State, { account, publicKey, owner }: LeaveOptions): number[] {
  if (account !== undefined) {
    exitOf(state, account, publicKey, addressToInteger(owner));
    return [account];
  }
  const holder = keyHash(publicKey, addressToInteger(owner));
  return state.snapshot().flatMap(([index, held]) => (held.keyHash === holder ? [index] : []));
}

/** Sees to it that the rollup is in exit mode, if that is due. @returns whether it is */
async function enterExitMode({ rollup, wallet, say }: LeaveOptions): Promise<boolean> {
  const { store, view } = rollup;
  if (await view.isInExitMode()) return true;
  if ((await view.refusalOf(wallet.address, 'activateExitMode', [])) === undefined) {
    await view.send(wallet, 'activateExitMode', []);
    say('switched the rollup to exit mode');
    return true;
  }
  // Batches that are never proven hide the ops in them; taking them back may open exit mode by itself.
  const oldest = store.oldestPending()?.header;
  if (oldest === undefined) return false;
  if ((await view.refusalOf(wallet.address, 'revertBatches', [oldest])) !== undefined) return false;
  await view.send(wallet, 'revertBatches', [oldest]);
  say(`took back the batches from ${oldest.number} on, which were not proven in time`);
  return await view.isInExitMode();
}

async function requestForcedExits(options: LeaveOptions, accounts: readonly number[]): Promise<number[]> {
  const { rollup, wallet, owner, publicKey, say } = options;
  if (addressToInteger(wallet.address) !== addressToInteger(owner)) {
    throw new MillraceError('input', 'not-the-owner', 'A forced exit is asked for by the owner alone', {
      details: { owner, sender: wallet.address },
      fix: "Send with the owner's L1 key.",
    });
  }
  for (const index of accounts) {
    await rollup.view.send(wallet, 'requestForcedExit', [index, ...publicKey]);
    say(`account ${index}: forced exit queued`);
  }
  return [...accounts];
}

async function notDue({ rollup }: LeaveOptions): Promise<MillraceError> {
  const after = await rollup.view.overdueAfter();
  return new MillraceError(
    'refused',
    'exit-mode-not-due',
    'The rollup is not in exit mode, and cannot be switched to it now',
    {
      details: {
        oldestWaitingL1OpIsOverdueAfter:
          after === undefined ? 'none waits' : new Date(after * 1000).toISOString(),
      },
      fix: 'Withdraw on L2; or ask for a forced exit with --request, which the operator has to process before its deadline, or exit mode opens.',
    },
  );
}
