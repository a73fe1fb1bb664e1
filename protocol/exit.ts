import { pack } from './bits.ts';
import { MillraceError } from './error.ts';
import { keyHash, type Point } from './keys.ts';
import type { State } from './state.ts';

const HOLDING = [
  ['owner', 160],
  ['token', 16],
  ['balance', 64],
] as const;

/** What an exit proof says of a state: this account has this owner, token and balance (docs/protocol.md, section 4). */
export interface ExitStatement {
  /** State root. */
  readonly root: bigint;
  readonly index: number;
  /** L1 address as an integer. */
  readonly owner: bigint;
  readonly token: number;
  /** In the token's unit. */
  readonly balance: bigint;
}

/** The input of `Exit` in circuits/exit.circom, by signal name: decimals, in `[0, FIELD)`. */
export type ExitWitness = Readonly<Record<string, string | readonly string[]>>;

/**
 * The circuit's public signals, `[root, index, holding]`, with `holding = owner | token @ 160 | balance @ 176`.
 * @throws {MillraceError} `input/bad-field` for a value outside of its field
 */
export function exitSignals(statement: ExitStatement): [root: bigint, index: bigint, holding: bigint] {
  return [statement.root, BigInt(statement.index), pack(HOLDING, statement)];
}

/**
 * The exit of an account, as a statement and the circuit's input for its proof. No signature is needed: the L2 public key and
 * the owner's address are enough.
 *
 * @param owner L1 address as an integer, 160 bits
 * @throws {MillraceError} `refused/unknown-account`; `refused/key-mismatch` if key and owner are not the account's
 */
export function exitOf(
  state: State,
  index: number,
  publicKey: Point,
  owner: bigint,
): { statement: ExitStatement; witness: ExitWitness } {
  const account = state.get(index);
  if (account === undefined) {
    throw new MillraceError('refused', 'unknown-account', `Account ${index} does not exist`, {
      details: { account: index, accounts: state.accountCount - 1 },
      fix: 'Name one of the accounts that `millrace restore --json` lists.',
    });
  }
  const found = keyHash(publicKey, owner);
  if (found !== account.keyHash) {
    throw new MillraceError(
      'refused',
      'key-mismatch',
      `Account ${index}: the key and the owner are not the account's`,
      {
        details: { account: index, expected: String(account.keyHash), found: String(found) },
        fix: "Give the account's L2 public key and its L1 owner.",
      },
    );
  }
  const { token, nonce, balance } = account;
  const statement = { root: state.root, index, owner, token, balance };
  const [root, , holding] = exitSignals(statement);
  const { bottom, children } = state.path(index);
  const witness = {
    root: String(root),
    index: String(index),
    holding: String(holding),
    owner: String(owner),
    token: String(token),
    balance: String(balance),
    nonce: String(nonce),
    ax: String(publicKey[0]),
    ay: String(publicKey[1]),
    accountCount: String(state.accountCount),
    bottom: bottom.map(String),
    children: children.map(String),
  };
  return { statement, witness };
}
