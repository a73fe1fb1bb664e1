import { type Interface, isError } from 'ethers';
import { MillraceError } from '../protocol/error.ts';
import { contractArtifact } from './contract-artifacts.ts';
import { reasonOf } from './l1-connection.ts';

/** What to do about a refusal of the contract, by the name of its error. */
const FIXES: Readonly<Record<string, string>> = {
  NotOperator: "Send from the rollup's operator account: check the operator key.",
  UnprovenBatches:
    "Someone committed batches with the operator key and without proofs. Let them be proven (the contract's proveBatches), or wait for the proof deadline and take them back (revertBatches): anyone may call both.",
  InvalidProof: 'Prove the batch again, with the artifacts that the rollup was deployed with.',
  L1OpMismatch: 'The batch was built on L1 ops that are not in the queue: let the node catch up with L1.',
  L1QueueExhausted: 'The batch was built on L1 ops that are not in the queue: let the node catch up with L1.',
  L1QueueOverdue: 'Let the node catch up with L1: it builds the batch again, with the overdue L1 op.',
  AmountNotInUnits: "Round the amount down to a multiple of the token's unit.",
  TokenCapExceeded: 'The rollup holds as much of this token as it can: deposit less.',
  UnknownToken: 'Use a token that is registered with the rollup.',
  NoPayouts: 'Wait until the batch is finalized; not every batch pays out.',
  PayoutNotInBatch: "Use the payout's owner, token, amount and proof as the node gives them.",
  PayoutAlreadyClaimed: 'Nothing is left to do: the payout was paid.',
  ExitModeActive:
    'The rollup has ended: leave with an exit proof, have waiting deposits refunded, claim payouts.',
  ExitModeInactive: 'While the rollup runs, withdraw or request a forced exit.',
  NoOverdueL1Op: 'Exit mode opens when an L1 op has waited for a committed batch longer than the deadline.',
  ProofNotOverdue: 'Wait until the deadline of the oldest unproven batch has passed.',
  AlreadyExited: 'Nothing is left to do: the balance was paid out.',
  L1OpProcessed: 'The deposit is in an account: leave with an exit proof.',
  DepositAlreadyRefunded: 'Nothing is left to do: the deposit was paid back.',
  ForgeableKey: 'Use a key from a setup with at least one contribution to phase 2.',
};

/**
 * The refusal of a contract behind an error of ethers: code `l1-` and the error's name in kebab case (without an `L1` of
 * its own), with the arguments as details. Undefined if the error is something else (a lost connection, say).
 */
export function contractRefusal(error: unknown, contract: Interface): MillraceError | undefined {
  const data = revertData(error);
  if (data === undefined) return undefined;
  // The rollup passes the refusals of its verifiers on.
  const parsed =
    data === '0x'
      ? null
      : (contract.parseError(data) ?? contractArtifact('Groth16Verifier').interface.parseError(data));
  if (parsed === null) {
    return new MillraceError('refused', 'l1-reverted', 'The contract reverts without a known reason', {
      details: { data, reason: reasonOf(error) },
      fix: 'Check with millrace doctor --manifest FILE that L1 has the contracts of this version.',
      cause: error,
    });
  }
  const details: Record<string, unknown> = {};
  parsed.fragment.inputs.forEach((input, place) => {
    const value: unknown = parsed.args[place];
    details[input.name || String(place)] = typeof value === 'bigint' ? String(value) : value;
  });
  const fix = FIXES[parsed.name];
  return new MillraceError(
    'refused',
    `l1-${kebab(parsed.name).replace(/^l1-/, '')}`,
    `The contract refuses: ${parsed.name}`,
    {
      details,
      ...(fix === undefined ? {} : { fix }),
      cause: error,
    },
  );
}

/** The data that a call reverted with, 0x hex. */
function revertData(error: unknown): string | undefined {
  if (isError(error, 'CALL_EXCEPTION')) return error.data ?? '0x';
  return undefined;
}

function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}
